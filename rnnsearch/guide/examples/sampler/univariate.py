"""A sampler: Optuna's TPE, with every parameter by itself."""

from dataclasses import dataclass
from typing import Annotated

from optuna.samplers import TPESampler

from rnnsearch.vocabulary import Range


@dataclass(frozen=True, kw_only=True)
class Univariate:
    """Optuna's TPE, which here models each parameter by itself."""

    startup_trials: Annotated[int, "Random trials before it models.", Range(0, unit="trials")] = 10

    def make(self, start):  # start: seeds, the parameters, and `say` for a line on the screen
        return TPESampler(n_startup_trials=self.startup_trials, seed=start.run_seed)
