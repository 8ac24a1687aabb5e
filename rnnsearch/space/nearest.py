"""Which valid name was probably meant by a wrong one."""

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
"""Keys of space files, and what other tools call them."""

SYNONYMS = {name: key for key, names in _CALLED.items() for name in names}


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that was probably meant by a word; empty where none is near.

    Case, hyphens and spaces do not count, and what another tool calls a key stands for that key.
    Of dotted names the last part may be meant.
    """
    known = list(names)
    tidy = word.strip().lower().replace("-", "_").replace(" ", "_")
    meant = SYNONYMS.get(tidy, tidy)
    close = difflib.get_close_matches(tidy, known, n=1, cutoff=0.6)
    candidates = [name for name in (tidy, meant) if name in known] + close
    if not candidates:
        by_last = {name.rsplit(".", 1)[-1]: name for name in reversed(known)}
        candidates = [by_last[name] for name in (tidy, meant) if name in by_last]
    return candidates[0] if candidates else ""
