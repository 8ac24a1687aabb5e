"""Stopped trials that were trained to the end afterwards, and the regret of having stopped them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from rnnsearch.events import RANKED
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.finished import Finished
from rnnsearch.search.ledger.trial_record import STOPPED, TrialRecord
from rnnsearch.tasks.streams import derive


@dataclass(frozen=True, slots=True)
class Regret:
    """What stopping cost a study, by a sample of the trials that it stopped.

    Attributes:
        stopped: How many trials the rule stopped.
        finished: How many of them were trained to the end; those that diverged are among them.
        better: How many of these end better than the champion's training.
        low: Of the share of those that are better, the lower end of the 95 % interval (Wilson);
            `high` is the upper one.
        in_best: How many end among the best 1 % and 10 % of the study's other trials.
        largest: By how much the best of them is better than the champion; 0 where none is.
        median: By how much the median one is worse than the champion; below 0 where it is better.
        gained: The median of what the training beyond the stop improved.
    """

    stopped: int
    finished: int
    better: int
    low: float
    high: float
    in_best: Mapping[int, int]
    largest: float
    median: float
    gained: float


def stopped_trials(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """The trials that a stopping rule ended, and no time budget."""
    return [
        one
        for one in trials
        if one.state == "pruned" and (STOPPED in one.attributes or " at epoch " in one.reason)
    ]


def sample(trials: Sequence[TrialRecord], count: int, seed: int) -> list[TrialRecord]:
    """A sample of the stopped trials by the study's seed; a larger one holds the smaller ones."""
    stopped = stopped_trials(trials)
    order = sorted(stopped, key=lambda one: derive(seed, "finish stopped", one.number))
    return order[:count]


def regret(
    trials: Sequence[TrialRecord], finished: Mapping[int, Finished], champion: float, goal: Goal
) -> Regret | None:
    """What stopping cost a study.

    Args:
        finished: By trial number.
        champion: The value of the champion's training that is kept.

    Returns:
        None where no stopped trial has been trained to its end.
    """
    by_number = {one.number: one for one in trials}
    ended = {number: one for number, one in finished.items() if one.state != "failed"}
    if not ended:
        return None
    costs = [math.inf if one.value is None else goal.cost(one.value) for one in ended.values()]
    known = sorted(
        goal.cost(one.best_value)
        for one in trials
        if one.state in RANKED and one.best_value is not None and one.number not in ended
    )
    best = goal.cost(champion)
    better = sum(cost < best for cost in costs)
    gains = [
        goal.cost(by_number[number].best_value) - goal.cost(one.value)  # type: ignore[arg-type]
        for number, one in ended.items()
        if one.value is not None and by_number[number].best_value is not None
    ]
    low, high = wilson(better, len(costs))
    return Regret(
        stopped=len(stopped_trials(trials)),
        finished=len(costs),
        better=better,
        low=low,
        high=high,
        in_best={part: _among_best(costs, known, part) for part in (1, 10)},
        largest=max(0.0, best - min(costs)),
        median=median(costs) - best,
        gained=median(gains) if gains else 0.0,
    )


def _among_best(costs: Sequence[float], known: Sequence[float], part: int) -> int:
    """How many costs are no worse than that which ends the best part (in per cent) of the known."""
    if not known:
        return 0
    bound = known[max(1, round(len(known) * part / 100)) - 1]
    return sum(cost <= bound for cost in costs)


def wilson(count: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of Wilson (1927) of a share, which is right for few and for none too."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = count / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / total + spread / total / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
