"""Tree-structured Parzen estimators: configurations like the better ones that were seen.

Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011), as Optuna has it:
multivariate, with parameters under a `when` in groups of their own, and running trials counted as
bad ones, so that packs that fill at once are not filled with one and the same configuration. All
that have reported, running ones too, are ranked by the values that they would come to
(`sampling/standing.py`), and the first trials fill the space evenly, as one in three does ever
after (`sampling/even.py`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from rnnsearch.sampling.sampler import Start
from rnnsearch.vocabulary import Range

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

STARTUP = 10
"""Trials before it learns where the file names no number; the same as in Optuna."""
EVERY = 3
"""One trial in so many fills the space evenly, as in BOHB."""
CANDIDATES = 4
"""Configurations drawn from the density of the better ones, of which the most promising is
proposed. Optuna draws 24: with as many trials at once these crowd around one and the same peak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TpeConfig:
    """Proposes configurations like the better ones so far (a tree-structured Parzen estimator)."""

    several_goals: ClassVar = True
    type: Literal["tpe"] = "tpe"
    startup_trials: Annotated[
        int | None,
        "Trials that have reported, before it begins to learn; until then trials fill the space "
        "evenly, as one in three does after that. Null stands for 10.",
        Range(0, 1_000_000, unit="trials"),
    ] = None

    def make(self, start: Start) -> BaseSampler:
        """Make the TPE that reads each trial once.

        Optuna's own proposes for several goals, and where its insides have changed.
        """
        import optuna

        from rnnsearch.sampling.even import EvenTrials
        from rnnsearch.sampling.informed import InformedSampler
        from rnnsearch.sampling.insides import changed
        from rnnsearch.sampling.untried import untried

        startup = STARTUP if self.startup_trials is None else self.startup_trials
        with warnings.catch_warnings():
            # `group` models parameters with `when` apart; Optuna calls the argument experimental.
            warnings.filterwarnings(
                "ignore",
                message=r"Argument ``group`` is an experimental feature",
                category=optuna.exceptions.ExperimentalWarning,
            )
            if start.goals > 1:
                return stock(startup, start.run_seed)
            if (name := changed()) is None:
                from rnnsearch.sampling.incremental import IncrementalTPE

                ours = IncrementalTPE(startup, start.run_seed, start.prior, candidates=CANDIDATES)
                return untried(EvenTrials(ours, start, EVERY), start)
            start.say(
                f"Optuna {optuna.__version__} has no {name} as its release 5.0 has it: its own TPE "
                "proposes, which takes longer the more trials there are"
            )
            inner = stock(startup, start.run_seed, CANDIDATES)
            learner = InformedSampler(inner, start.prior, foretold=True)
            return untried(EvenTrials(learner, start, EVERY), start)


def stock(startup: int, seed: int, candidates: int = 24) -> BaseSampler:
    """Optuna's own TPE with the settings of `IncrementalTPE`; it proposes the same, more slowly."""
    from optuna.samplers import TPESampler

    return TPESampler(
        multivariate=True,
        group=True,
        constant_liar=True,
        n_startup_trials=startup,
        n_ei_candidates=candidates,
        seed=seed,
    )
