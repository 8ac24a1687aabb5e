"""A study of several goals as a sampler sees it: of each trial that has ended, all its costs.

The ledger keeps a study by its metric alone, which is what packs report and the stopping rule reads
epoch by epoch. What a trial costs in the other goals stands beside its end. A sampler is shown
both, as complete trials of several values, all to be minimized. Trials that were stopped have the
metric that they would have come to (`foretold.py`; there is no bound by those that went on, for a
trial that was stopped may well be the better one in a single goal), and their own costs in the
others. One that diverged, or breaks a constraint, counts as the worst of all in every goal.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling.foretold import foretold
from rnnsearch.sampling.seen import SeenStudy, ended_of, without_constraints

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

OtherCosts = Callable[[FrozenTrial], Sequence[float] | None]
"""What an ended trial costs in the goals beside the metric; None where that is not known."""

Rows = Sequence[Sequence[float]]


class SeveralGoals(BaseSampler):
    """Lets another sampler propose, which learns from the costs in all goals.

    Args:
        inner: The sampler that proposes; one of several goals, or one that does not learn.
        goal: Which way the study's metric is better.
        others: Gives the other costs.
        count: How many goals there are, the metric included.
        level: Makes costs of all trials, a row each, of which equal distances are worth as much.
    """

    def __init__(
        self,
        inner: BaseSampler,
        goal: Goal,
        others: OtherCosts,
        count: int,
        level: Callable[[Rows], Any],
    ) -> None:
        self._inner, self._goal, self._others, self._count = inner, goal, others, count
        self._level = level
        self._view: tuple[int, Any] | None = None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._inner.before_trial(self._look(study, trial), trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._inner.infer_relative_search_space(self._look(study, trial), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._inner.sample_relative(self._look(study, trial), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        view = self._look(study, trial)
        return self._inner.sample_independent(view, trial, param_name, param_distribution)

    def _look(self, study: Study, trial: FrozenTrial) -> Any:
        """The study as it was when the sampler first looked at it for this trial."""
        if self._view is None or self._view[0] != trial.number:
            trials = study.get_trials(deepcopy=False)
            view = _StudyOfGoals(study, [*self._ended(trials), *_running(trials)], self._count)
            self._view = (trial.number, view)
        return self._view[1]

    def _ended(self, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        """The trials that are complete or pruned, by number, as complete ones of several costs."""
        known = [
            (one, costs)
            for one in trials
            if one.state in (TrialState.COMPLETE, TrialState.PRUNED)
            and (costs := self._others(one)) is not None
        ]
        ends = [ended_of(one, self._goal) for one, _ in known]
        firsts = foretold(ends, bounded=False)
        shown = [
            (one, end, (first, *costs))
            for first, end, (one, costs) in zip(firsts, ends, known, strict=True)
            if first is not None
        ]
        if not shown:
            return []
        rows = self._level([costs for _, _, costs in shown]).tolist()
        worst = [max(column) for column in zip(*rows, strict=True)]
        return [
            _complete(one, worst if end.diverged else row)
            for (one, end, _), row in zip(shown, rows, strict=True)
        ]


def _running(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return [one for one in trials if one.state == TrialState.RUNNING]


def _complete(trial: FrozenTrial, costs: Sequence[float]) -> FrozenTrial:
    shown = copy.copy(trial)
    shown.state = TrialState.COMPLETE
    shown.values = list(costs)
    shown.system_attrs = without_constraints(trial)
    return shown


class _StudyOfGoals(SeenStudy):
    """Stands for a study of one goal before a sampler as one of several, all to be minimized."""

    def __init__(self, study: Study, trials: Sequence[FrozenTrial], count: int) -> None:
        super().__init__(study, trials)
        self.directions = [StudyDirection.MINIMIZE] * count

    def _is_multi_objective(self) -> bool:
        return True
