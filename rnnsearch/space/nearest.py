"""The valid name nearest to a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SYNONYMS = {
    "lr": "learning_rate",
    "epochs": "max_epochs",
    "num_epochs": "max_epochs",
    "units": "hidden_size",
    "hidden": "hidden_size",
    "hidden_dim": "hidden_size",
    "hidden_units": "hidden_size",
    "layers": "num_layers",
    "layer_sizes": "hidden_sizes",
    "hidden_layers": "hidden_sizes",
    "bidir": "bidirectional",
    "biases": "bias",
    "unit_forget_bias": "forget_bias",
    "recurrent_initializer": "recurrent_init",
    "layernorm": "layer_norm",
    "skip": "residual",
    "output_dropout": "head_dropout",
    "h0": "initial_state",
    "n_layers": "num_layers",
    "type": "cell",
    "activation": "nonlinearity",
    "sequence_length": "seq_len",
    "window": "seq_len",
    "grad_clip": "clip_norm",
    "gradient_clip": "clip_norm",
    "trials": "num_trials",
    "n_trials": "num_trials",
    "timeout": "time_budget",
    "direction": "goal",
    "pruner": "scheduler",
    "file": "path",
    "stateful": "carry_state",
    "categorical": "choice",
    "choices": "choice",
    "values": "choice",
    "randint": "int",
    "range": "int",
    "lograndint": "logint",
    "log": "loguniform",
    "float": "uniform",
    "if": "when",
    "q": "step",
}
"""What other tools call our keys."""


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
