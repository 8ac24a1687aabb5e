"""The valid name nearest to a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CALLED = {
    "learning_rate": ("lr",),
    "max_epochs": ("epochs", "num_epochs"),
    "hidden_size": ("units", "hidden", "hidden_dim", "hidden_units"),
    "num_layers": ("layers", "n_layers"),
    "hidden_sizes": ("layer_sizes", "hidden_layers"),
    "bidirectional": ("bidir",),
    "bias": ("biases",),
    "forget_bias": ("unit_forget_bias",),
    "recurrent_init": ("recurrent_initializer",),
    "layer_norm": ("layernorm",),
    "residual": ("skip",),
    "head_dropout": ("output_dropout",),
    "initial_state": ("h0",),
    "cell": ("type",),
    "nonlinearity": ("activation",),
    "seq_len": ("sequence_length", "window"),
    "clip_norm": ("grad_clip", "gradient_clip"),
    "num_trials": ("trials", "n_trials"),
    "time_budget": ("timeout",),
    "goal": ("direction",),
    "scheduler": ("pruner",),
    "path": ("file",),
    "carry_state": ("stateful",),
    "choice": ("categorical", "choices", "values"),
    "int": ("randint", "range"),
    "logint": ("lograndint",),
    "loguniform": ("log",),
    "uniform": ("float",),
    "when": ("if",),
    "step": ("q",),
}
"""What other tools call our keys."""

SYNONYMS = {theirs: ours for ours, names in _CALLED.items() for theirs in names}


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that was most likely meant, or an empty string.

    Case, hyphens and spaces do not count; a name that another tool uses counts as ours.
    """
    known = list(names)
    tidy = word.strip().lower().replace("-", "_").replace(" ", "_")
    if tidy in known:
        return tidy
    by_last = {name.rsplit(".", 1)[-1]: name for name in reversed(known)}
    if (synonym := SYNONYMS.get(tidy)) in known:
        return str(synonym)
    close = difflib.get_close_matches(tidy, known, n=1, cutoff=0.6)
    if close:
        return close[0]
    if tidy in by_last:
        return by_last[tidy]
    if (synonym := SYNONYMS.get(tidy)) in by_last:
        return by_last[str(synonym)]
    return ""
