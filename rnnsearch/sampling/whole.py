"""Optuna's samplers of complete trials, for studies that stop trials and have `when`.

Such a sampler proposes a value for every field of the space, and a trial takes those that are
active in it. It learns from all trials as `Seen` shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from numpy.random import RandomState
from optuna.samplers import BaseSampler
from threadpoolctl import threadpool_limits

from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.seen import Seen, SeenStudy
from rnnsearch.sampling.sobol import SobolSampler, value_at

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

Chosen = Callable[["Study", Sequence["FrozenTrial"]], Sequence["FrozenTrial"]]


class WholeSpaceSampler(BaseSampler):
    """Lets another sampler propose values for all fields of the space.

    Where that one proposes nothing yet, a trial gets its point of a Sobol sequence; where it
    proposes what another trial has, some fields are drawn at random.

    Args:
        inner: The sampler that proposes.
        choose: The trials that it sees, of all that have ended.
        storage: Where it writes what it keeps; None for the study's ledger.
        running: How many of the trials that run it sees as well, the newest ones.
    """

    def __init__(
        self,
        inner: BaseSampler,
        start: Start,
        choose: Chosen = lambda study, trials: trials,
        *,
        storage: Any = None,
        running: int = 0,
    ) -> None:
        self._inner, self._choose, self._storage = inner, choose, storage
        self._seen = Seen(start.space, start.prior)
        self._sobol = SobolSampler(start.space, start.seed)
        self._space = {name: one for name, one in start.space.items() if not one.single()}
        self._with_running = running
        self._random = RandomState(start.run_seed)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not search_space:
            return {}
        view = self._view(study, trial)
        # The libraries' threads wait for one another wherever the machine has other work.
        with threadpool_limits(1):
            proposed = self._inner.sample_relative(view, trial, search_space)
        if not proposed:
            return self._sobol.sample_relative(study, trial, search_space)
        return self._new(study, trial, proposed)

    def _new(self, study: Study, trial: FrozenTrial, proposed: dict[str, Any]) -> dict[str, Any]:
        """A proposal, with fields drawn anew at random until no other trial has it."""
        others = [
            one.params
            for one in study.get_trials(deepcopy=False)
            if one.params and one.number != trial.number
        ]
        for name in self._random.permutation(list(self._space)):
            if not any(
                all(proposed.get(key, value) == value for key, value in params.items())
                for params in others
            ):
                break
            proposed[name] = value_at(self._space[name], self._random.random_sample())
        return proposed

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        view = self._view(study, trial)
        return self._inner.sample_independent(view, trial, param_name, param_distribution)

    def _view(self, study: Study, trial: FrozenTrial) -> Any:
        trials = list(self._choose(study, self._seen.ended(study)))
        if self._with_running:
            trials += self._seen.running(study, trial.number, self._with_running)
        return SeenStudy(study, trials, self._storage)
