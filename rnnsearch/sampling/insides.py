"""What the incremental TPE takes from Optuna's insides, and whether this release has it.

Nothing else in rnnsearch proposes with names that Optuna may change without a word.
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
    ("optuna.samplers", "TPESampler._compare", ("samples", "acquisition_func_vals")),
    (
        "optuna.search_space.group_decomposed",
        "_SearchSpaceGroup.add_distributions",
        ("self", "distributions"),
    ),
    ("optuna.search_space.group_decomposed", "_SearchSpaceGroup.search_spaces", None),
)
"""Module, name in it, and the parameters of a function."""

_ATTRIBUTES = (
    "_n_ei_candidates",
    "_n_startup_trials",
    "_parzen_estimator_cls",
    "_parzen_estimator_parameters",
    "_rng.rng",
    "_search_space_group",
)
"""Of a `TPESampler`."""


def changed() -> str | None:
    """The first name that is gone, or a function of other parameters; None where all is there."""
    for module, name, parameters in _TAKEN:
        try:
            found = attrgetter(name)(import_module(module))
        except (ImportError, AttributeError):
            return name
        if parameters is not None and tuple(inspect.signature(found).parameters) != parameters:
            return name
    return _changed_attribute()


def _changed_attribute() -> str | None:
    from optuna.samplers import TPESampler

    made = TPESampler(seed=0)
    for name in _ATTRIBUTES:
        try:
            attrgetter(name)(made)
        except AttributeError:
            return f"TPESampler.{name}"
    return None
