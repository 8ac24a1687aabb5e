"""Even trials: points of a Sobol sequence in the place of what a sampler proposes.

First those of a sampler that does not know enough yet. With a pack's worth of trials at once most
trials of a small study begin before any has ended. Drawn at random they leave gaps and come close
to one another; the points of a Sobol sequence do neither.

Then one in so many ever after. Early values mislead, and values are part luck: a sampler that
follows them alone comes back to one and the same place, and may end behind random search. So a part
of the trials goes on to fill the space, as in BOHB (Falkner et al., 2018), which draws a third.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler

from rnnsearch.sampling.sobol import SobolSampler

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

    from rnnsearch.sampling.sampler import Start


class EvenTrials(BaseSampler):
    """Gives a trial its point of a Sobol sequence where another sampler proposes nothing.

    Args:
        inner: The sampler that proposes; it draws by themselves those parameters alone that it
            left out of a proposal.
        every: One in so many trials, by their numbers, has its point whatever is proposed.
    """

    def __init__(self, inner: BaseSampler, start: Start, every: int) -> None:
        self.inner = inner
        self._every = every
        self._sobol = SobolSampler(start.space, start.seed)
        self._space = dict(start.space)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.inner.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        # Optuna takes of a proposal what is in this space. The inner one has its own, which it
        # keeps until it proposes.
        self._inner_space = self.inner.infer_relative_search_space(study, trial)
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        proposed: dict[str, Any] = {}
        if trial.number % self._every != self._every - 1:
            proposed = self.inner.sample_relative(study, trial, self._inner_space)
        return proposed or self._sobol.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self.inner.after_trial(study, trial, state, values)
