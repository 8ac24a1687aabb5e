"""Which Optuna sampler proposes."""

from __future__ import annotations

import warnings

import optuna

from rnnsearch.search.ledger.tpe import IncrementalTPE
from rnnsearch.space.spec import SearchConfig
from rnnsearch.tasks.streams import derive


def make_sampler(search: SearchConfig, asked: int) -> optuna.samplers.BaseSampler:
    """A sampler whose proposals are a function of the study's seed and history.

    Args:
        search: The sampler's kind, and the seed of the study.
        asked: Trials that the study already has: a sampler resumed with the first one's seed
            would propose the same configurations again.
    """
    # Optuna seeds numpy's RandomState, which takes 32 bits.
    seed = derive(search.seed, "sampler", asked) % 2**32
    if search.sampler.type == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    startup = search.sampler.startup_trials
    with warnings.catch_warnings():
        # `group` models parameters with `when` apart; Optuna calls the argument experimental.
        warnings.filterwarnings(
            "ignore",
            message=r"Argument ``group`` is an experimental feature",
            category=optuna.exceptions.ExperimentalWarning,
        )
        return IncrementalTPE(10 if startup is None else startup, seed)
