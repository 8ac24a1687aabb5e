"""Which private names of Optuna the incremental TPE uses, and whether this release has them.

Optuna may change them in any release without a word, so they are looked up before the sampler is
made. Nothing else in rnnsearch proposes with private names.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from operator import attrgetter

_STUDY_TRIAL_SPACE = ("self", "study", "trial", "search_space")
_TAKEN: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    ("optuna.samplers._tpe.sampler", "default_gamma", ("x",)),
    ("optuna.samplers", "TPESampler.infer_relative_search_space", ("self", "study", "trial")),
    ("optuna.samplers", "TPESampler._sample_relative", _STUDY_TRIAL_SPACE),
    ("optuna.samplers", "TPESampler._sample", _STUDY_TRIAL_SPACE),
    ("optuna.samplers", "TPESampler._get_params", ("self", "trial", "study")),
    (
        "optuna.samplers",
        "TPESampler._compute_acquisition_func",
        ("self", "samples", "mpe_below", "mpe_above"),
    ),
    (
        "optuna.search_space.group_decomposed",
        "_SearchSpaceGroup.add_distributions",
        ("self", "distributions"),
    ),
    ("optuna.search_space.group_decomposed", "_SearchSpaceGroup.search_spaces", None),
)
"""Functions and attributes: the module, the name in it, and a function's parameters."""

_ATTRIBUTES = (
    "_n_ei_candidates",
    "_n_startup_trials",
    "_parzen_estimator_cls",
    "_parzen_estimator_parameters",
    "_rng.rng",
    "_search_space_group",
)
"""Attributes of an instance of `TPESampler`."""


def changed() -> str | None:
    """The first name that is gone, or a function of other parameters; None where all is there."""
    for module, name, parameters in _TAKEN:
        try:
            member = attrgetter(name)(import_module(module))
        except (ImportError, AttributeError):
            return name
        if parameters is not None and tuple(inspect.signature(member).parameters) != parameters:
            return name
    sampler = import_module("optuna.samplers").TPESampler(seed=0)
    for name in _ATTRIBUTES:
        try:
            attrgetter(name)(sampler)
        except AttributeError:
            return f"TPESampler.{name}"
    return None
