"""A study as samplers see it that learn from complete trials of one and the same space."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling.foretold import Ended, best_so_far, foretold
from rnnsearch.sampling.sobol import value_at

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

PENALTY_EPOCH = "penalty_epoch"
"""Attribute of a trial that diverged: the epoch at which a value stands that is not its own."""

_CONSTRAINTS = "constraints:"
"""How the names begin under which Optuna keeps the constraints of a trial."""


class SeenStudy:
    """Stands for an Optuna study before a sampler: other trials, and all else as it is.

    Args:
        trials: What the sampler shall see.
        storage: Where it writes what it keeps with trials and study; None for the study's own.
    """

    def __init__(self, study: Study, trials: Sequence[FrozenTrial], storage: Any = None) -> None:
        self._study_itself, self._trials = study, trials
        self._storage = study._storage if storage is None else storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study_itself, name)

    def get_trials(
        self, deepcopy: bool = True, states: Sequence[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials in some states; None for all."""
        return [one for one in self._trials if states is None or one.state in states]

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Sequence[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        return self.get_trials(deepcopy, states)


class Forgetful:
    """A storage that takes what a sampler wants to keep, and keeps nothing."""

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None: ...


class Seen:
    """Shows ended trials as complete ones.

    The values of trials that were stopped are `foretold`. Failed trials are left out. In a study of
    several goals complete trials alone are shown, with their own values: `several.py` has foretold
    the others already.

    Args:
        space: The distribution of every parameter that a trial may have, by its name.
        prior: Trials of another study, which come first.
        fill: Whether a field that was not active has the value in the middle of its range.
    """

    def __init__(
        self,
        space: Mapping[str, BaseDistribution],
        prior: Sequence[FrozenTrial] = (),
        *,
        fill: bool = True,
    ) -> None:
        self.space = dict(space)
        self._middle = {name: value_at(one, 0.5) for name, one in self.space.items() if fill}
        self._prior = list(prior)
        self._ended: dict[int, FrozenTrial] = {}
        self._sources: dict[int, Ended] = {}

    def ended(self, study: Study) -> list[FrozenTrial]:
        """The trials that have ended, by number, as complete ones."""
        if len(study.directions) > 1:
            complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            return [self.whole(one, TrialState.COMPLETE) for one in complete]
        goal = Goal[study.direction.name]
        for one in [*self._prior, *study.get_trials(deepcopy=False)]:
            if one.number not in self._ended and _teaches(one):
                self._ended[one.number] = self.whole(one, TrialState.COMPLETE)
                self._sources[one.number] = ended_of(one, goal)
        numbers = sorted(self._sources)
        shown = []
        for number, cost in zip(
            numbers, foretold([self._sources[number] for number in numbers]), strict=True
        ):
            if cost is not None:
                self._ended[number].values = [goal.cost(cost)]
                shown.append(self._ended[number])
        return shown

    def running(self, study: Study, but: int, most: int) -> list[FrozenTrial]:
        """The newest trials that run, as far as they are drawn, without one of a number."""
        trials = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        drawn = [one for one in trials if one.number != but and one.params]
        return [self.whole(one, TrialState.RUNNING) for one in drawn[-most:]]

    def whole(self, trial: FrozenTrial, state: TrialState) -> FrozenTrial:
        """A copy of a trial in another state, filled, and without constraints.

        Who violates one counts as the worst; Optuna's samplers refuse trials of which only some
        have any.
        """
        shown = copy.copy(trial)
        shown.state = state
        shown.params = {**self._middle, **trial.params}
        if self._middle:
            shown.distributions = self.space
        shown.system_attrs = without_constraints(trial)
        return shown


def without_constraints(trial: FrozenTrial) -> dict[str, Any]:
    """What Optuna keeps with a trial, but for its constraints."""
    return {
        key: value for key, value in trial.system_attrs.items() if not key.startswith(_CONSTRAINTS)
    }


def _teaches(trial: FrozenTrial) -> bool:
    """Whether a sampler learns from a trial as it stands."""
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED)


def ended_of(trial: FrozenTrial, goal: Goal) -> Ended:
    """What a trial that is complete or pruned came to, as costs."""
    penalty = trial.user_attrs.get(PENALTY_EPOCH)
    diverged = any(value > 0 for value in trial.constraints.values())
    curve = best_so_far(
        {
            epoch: goal.cost(value)
            for epoch, value in trial.intermediate_values.items()
            if epoch != penalty
        }
    )
    complete = trial.state == TrialState.COMPLETE
    return Ended(curve, goal.cost(trial.values[0]) if complete else None, diverged)
