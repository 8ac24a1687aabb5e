"""What each trial that has reported stands for, ended or not: the value that it would come to.

Optuna's TPE ranks complete trials before pruned ones, and a pruned one that came further before
one that did not, and counts those that run as bad. That is right where one trial trains at a time.
With dozens of them those that train fast come far first, and are let pass at rungs where nobody
else has been; the worst ones end first, and the better one is, the longer nobody hears of its end.
Such a sampler learns to propose what is fast, and to keep away from what is good.

So all that have reported are compared by the values that they would come to (`foretold`): those
that ended, and those that run as of the last epoch at which anybody was stopped, or else the last
that is a power of two, since a value is foretold from those of others at the same epoch.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Iterable, Sequence

from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling.foretold import Ended, best_so_far, foretold
from rnnsearch.sampling.seen import ended_of


def stopped_at(trial: FrozenTrial) -> int | None:
    """The epoch at which a trial was stopped; None where it was not, or diverged."""
    if trial.state != TrialState.PRUNED or not trial.intermediate_values or infeasible(trial):
        return None
    return max(trial.intermediate_values)


def infeasible(trial: FrozenTrial) -> bool:
    """Whether a trial breaks a constraint: it diverged, or is not what the study asks for."""
    return any(value > 0 for value in trial.constraints.values())


def source_of(trial: FrozenTrial, goal: Goal, stops: Collection[int]) -> Ended | None:
    """What the value of a trial is foretold from; None where there is nothing, or it is no use.

    Args:
        stops: Epochs at which trials were stopped.
    """
    if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
        source = ended_of(trial, goal)
        known = not source.diverged and (source.curve or source.final is not None)
        return source if known else None
    if trial.state != TrialState.RUNNING:
        return None
    epochs = trial.intermediate_values
    last = counted_until(epochs, stops)
    curve = best_so_far(
        {epoch: goal.cost(value) for epoch, value in epochs.items() if epoch <= last}
    )
    return Ended(curve, None, running=True) if curve else None


def counted_until(epochs: Iterable[int], stops: Collection[int]) -> int:
    """The epoch as of which a trial that runs is compared with others; 0 where it is not yet.

    Args:
        epochs: Those that it has reported.
        stops: Epochs at which trials were stopped.
    """
    return max((one for one in epochs if one in stops or one & (one - 1) == 0), default=0)


def rank_without_value(trial: FrozenTrial, goal: Goal) -> tuple[float, float, int]:
    """How good TPE holds a trial to be whose value nobody can foretell: sort keys, a lower one is
    better, and the last of the three counts most.

    As `_split_trials` of optuna 5.0 in samplers/_tpe orders them: pruned ones by their last step
    and value, and behind them those that break a constraint, by how far.
    """
    if infeasible(trial):
        return 0.0, sum(value for value in trial.constraints.values() if value > 0), 2
    if not trial.intermediate_values:
        return 0.0, 1.0, 1
    step, value = max(trial.intermediate_values.items())
    return math.inf if math.isnan(value) else goal.cost(value), -float(step), 1


def as_complete(trials: Sequence[FrozenTrial], goal: Goal) -> list[FrozenTrial]:
    """The trials, of which those that have a foretold value are complete ones with that value."""
    stops = {at for one in trials if (at := stopped_at(one)) is not None}
    sources = {
        at: source
        for at, one in enumerate(trials)
        if (source := source_of(one, goal, stops)) is not None
    }
    shown = list(trials)
    for at, cost in zip(sources, foretold(list(sources.values())), strict=True):
        assert cost is not None
        shown[at] = copy.copy(trials[at])
        shown[at].state, shown[at].values = TrialState.COMPLETE, [goal.cost(cost)]
    return shown
