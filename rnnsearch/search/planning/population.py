"""How many trials come to each rung, by letting the study's own stopping rule judge made-up curves.

A made-up trial has a level of its own, falls towards it, and wavers around it. Rules that compare
trials see mostly the levels, and stop about as many as among real trials; how many a rule stops
that looks at the shape of one curve alone depends on curves that nobody has seen yet.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.rule import StoppingRule

MOST_TRIALS = 400
"""Trials that are played through at most; of more, so many stand for all."""

WAVERING = 0.3
"""How far a value lies from its curve, where the levels of trials lie 1 apart."""


@dataclass(frozen=True, slots=True)
class Population:
    """One study played through.

    Attributes:
        at: How many trials came to each rung and to the last epoch, by epoch.
        epochs: Epochs of all trials together.
    """

    at: Mapping[int, float]
    epochs: float


def play(spec: StudySpec, aboard: int, seed: int) -> Population:
    """Play a study through on made-up curves.

    Args:
        aboard: How many trials train at a time.
        seed: Of the curves.
    """
    dice = random.Random(seed)
    rule, last = spec.stopping_rule(), int(spec.values["training.max_epochs"])
    trials = min(spec.search.num_trials, MOST_TRIALS)
    waiting = [dice.gauss(0.0, 1.0) for _ in range(trials)]
    waiting.reverse()
    places: dict[int, tuple[int, float]] = {}
    number, epochs, ends = 0, 0, list[int]()
    while waiting or places:
        while waiting and len(places) < aboard:
            places[number] = 0, waiting.pop()
            number += 1
        for trial, (epoch, level) in places.items():
            limit = rule.next_limit(epoch)
            for now in range(epoch + 1, limit + 1):
                cost = level + 3.0 * math.exp(-3.0 * now / last) + dice.gauss(0.0, WAVERING)
                rule.record(trial, now, spec.search.goal.cost(cost))
            epochs += limit - epoch
            places[trial] = limit, level
        for trial in [one for one in places if _over(rule, one, places[one][0], last)]:
            ends.append(places.pop(trial)[0])
    share = spec.search.num_trials / trials
    rungs = (*rule.rungs, last)
    at = {rung: share * sum(end >= rung for end in ends) for rung in rungs}
    return Population(at, share * epochs)


def _over(rule: StoppingRule, trial: int, epoch: int, last: int) -> bool:
    """Whether a trial ends where it stands."""
    return rule.decide(trial) is not None or epoch == last
