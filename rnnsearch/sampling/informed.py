"""Shows a sampler of Optuna's the trials of another study in front of those of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler

from rnnsearch.goal import Goal
from rnnsearch.sampling.seen import SeenStudy
from rnnsearch.sampling.standing import as_complete

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState


def informed(sampler: BaseSampler, prior: Sequence[FrozenTrial]) -> BaseSampler:
    """The sampler, which sees the prior trials too where there are any."""
    return InformedSampler(sampler, prior) if prior else sampler


class InformedSampler(BaseSampler):
    """Lets another sampler propose.

    Args:
        inner: The sampler that proposes.
        prior: Trials of another study, which come first.
        foretold: Whether it sees trials `as_complete`.
    """

    def __init__(
        self, inner: BaseSampler, prior: Sequence[FrozenTrial], *, foretold: bool = False
    ) -> None:
        self._inner, self._prior, self._foretold = inner, list(prior), foretold

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._inner.before_trial(self._view(study), trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._inner.infer_relative_search_space(self._view(study), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._inner.sample_relative(self._view(study), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        view = self._view(study)
        return self._inner.sample_independent(view, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self._inner.after_trial(self._view(study), trial, state, values)

    def _view(self, study: Study) -> Any:
        trials = [*self._prior, *study.get_trials(deepcopy=False)]
        if self._foretold:
            trials = as_complete(trials, Goal[study.direction.name])
        return SeenStudy(study, trials)
