"""Who is compared on the table: searches of ours, by every sampler and rule, and others'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from table import ours, rival_tuners
from table.course import Course, Size
from table.reading import Table

GRACE, FACTOR = 5, 3
"""What rivals get: our default's grace period, and the factor that was its own before 2."""
LONGEST = 100
"""Trainings of average length, in device time, of the longest search that is replayed."""
DEFAULT_RULE = "asha"
DEFAULT = f"rnnsearch: tpe, {DEFAULT_RULE}"
RANDOM = "rnnsearch: random, none"

FIRST = (
    ("tpe", "none"),
    ("tpe", "taper"),
    ("tpe", "median"),
    ("random", "asha"),
    ("qmc", "asha"),
    ("gp", "asha"),
    ("cmaes", "asha"),
    ("nsga2", "asha"),
    ("auto", "asha"),
)
"""Samplers and rules of ours that are replayed with one worker and with several, in this order."""
VARIANTS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("tpe", "hyperband", {}),
    ("tpe", "pasha", {}),
    ("tpe", "patience", {}),
    ("tpe", "extrapolate", {}),
    ("tpe", "asha", {"reduction_factor": 3}),
    ("tpe", "asha", {"min_trials": 8}),
    ("tpe", "asha", {"grace_period": 10}),
    ("tpe", "taper", {"power": 1.5}),
    ("cmaes", "taper", {}),
    ("gp", "taper", {}),
)
"""Samplers, rules, and keys of the rule beside its defaults, that are compared too."""
TRIALS = {"gp": 60, "auto": 60}
"""Trials of searches whose proposals take long, or whose sampler follows from their number: they
end with these, as a study does by default."""

Replay = Callable[[Table, Size, int], Course]


def contenders() -> dict[str, Replay]:
    """Replays of all, by name: the default, random search, the others, and what else we have."""
    everybody = {DEFAULT: our("tpe", DEFAULT_RULE), RANDOM: our("random", "none"), **rivals()}
    everybody |= {f"rnnsearch: {one}, {rule}": our(one, rule) for one, rule in FIRST}
    for sampler, rule, keys in VARIANTS:
        words = ", ".join(f"{key} {value}" for key, value in keys.items())
        name = f"rnnsearch: {sampler}, {rule}" + (f" ({words})" if words else "")
        everybody[name] = our(sampler, rule, **keys)
    return everybody


def our(sampler: str, rule: str, **more: Any) -> Replay:
    """A search of ours.

    Args:
        more: Keys of the stopping rule that are not at their defaults.
    """
    keys = ", ".join([f"type: {rule}", *(f"{key}: {value}" for key, value in more.items())])
    search = {"search.sampler": f"{{type: {sampler}}}", "search.scheduler": f"{{{keys}}}"}

    def replay(table: Table, size: Size, seed: int) -> Course:
        trials = min(size.trials, TRIALS.get(sampler, size.trials))
        return ours.replay(table, replace(size, trials=trials), seed=seed, search=search)

    return replay


def rivals() -> dict[str, Replay]:
    """Plain Optuna with its pruners, and Ray Tune's OptunaSearch with its schedulers."""
    from optuna.pruners import HyperbandPruner, MedianPruner, SuccessiveHalvingPruner
    from ray.tune.schedulers import ASHAScheduler, HyperBandScheduler

    def hyperband_pruner(table: Table) -> HyperbandPruner:
        return HyperbandPruner(GRACE, table.max_epochs, FACTOR)

    def asha(table: Table, mode: str) -> ASHAScheduler:
        rungs: Mapping[str, Any] = {"grace_period": GRACE, "reduction_factor": FACTOR}
        return ASHAScheduler(metric="value", mode=mode, max_t=table.max_epochs, **rungs)

    def hyperband(table: Table, mode: str) -> HyperBandScheduler:
        return HyperBandScheduler(
            metric="value", mode=mode, max_t=table.max_epochs, reduction_factor=FACTOR
        )

    def optuna_with(pruner: Any) -> Replay:
        replay = partial(rival_tuners.plain_optuna, pruner=pruner)
        return lambda table, size, seed: replay(table, size, seed=seed)

    def ray_with(scheduler: Any) -> Replay:
        replay = partial(rival_tuners.ray_tune, scheduler=scheduler)
        return lambda table, size, seed: replay(table, size, seed=seed)

    return {
        "Optuna: TPE, MedianPruner": optuna_with(lambda _: MedianPruner(n_warmup_steps=GRACE)),
        "Optuna: TPE, SuccessiveHalvingPruner": optuna_with(
            lambda _: SuccessiveHalvingPruner(min_resource=GRACE, reduction_factor=FACTOR)
        ),
        "Optuna: TPE, HyperbandPruner": optuna_with(hyperband_pruner),
        "Ray Tune: OptunaSearch, ASHA": ray_with(asha),
        "Ray Tune: OptunaSearch, HyperBand": ray_with(hyperband),
    }
