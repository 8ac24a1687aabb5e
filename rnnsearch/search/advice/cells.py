"""One cell against another where each has had as much, of training time or of parameters."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnsearch.goal import Goal
from rnnsearch.search.ledger.trial_record import TrialRecord

KEYS = ("model.cell", "model.type")
"""The parameters that say what kind of network a trial is."""

BANDS = 3
"""Bands of size, each with as many trials."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The best value of one kind of network.

    Attributes:
        kind: The cell, or the class of a network of one's own.
        equal: What all kinds had of, in words.
        trials: How many trials that were.
        best: The best value among them; None where there is none.
    """

    kind: str
    equal: str
    trials: int
    best: float | None


def at_equal_time(trials: Sequence[TrialRecord], key: str, goal: Goal) -> list[Standing]:
    """The best value of each kind within the training time that all of them had.

    The trials of a kind count in the order in which they ended, up to that time.
    """
    kinds = _kinds(trials, key)
    spent = {kind: sum(one.seconds or 0.0 for one in members) for kind, members in kinds.items()}
    if len(kinds) < 2 or not (least := min(spent.values())):
        return []
    rows = []
    for kind, members in kinds.items():
        gone, within = 0.0, list[TrialRecord]()
        for one in sorted(members, key=lambda one: one.ended or 0.0):
            if gone + (one.seconds or 0.0) > least * (1 + 1e-9):
                break
            gone += one.seconds or 0.0
            within.append(one)
        rows.append(Standing(kind, f"{least:.3g} s of training", len(within), _best(within, goal)))
    return rows


def at_equal_size(
    trials: Sequence[TrialRecord],
    key: str,
    goal: Goal,
    size: Callable[[Mapping[str, Any]], int],
) -> list[Standing]:
    """The best value of each kind among the trials of about the same number of parameters.

    Args:
        size: Gives the parameters of the model of a trial, from its params.
    """
    ended = [one for one in trials if one.params.get(key) is not None and one.ended is not None]
    if len({one.params[key] for one in ended}) < 2:
        return []
    sizes = np.array([size(one.params) for one in ended])
    cuts = np.unique(np.quantile(sizes, np.linspace(0, 1, BANDS + 1), method="nearest"))
    rows = []
    for low, high in itertools.pairwise(cuts):
        last = high == cuts[-1]
        inside = (sizes >= low) & ((sizes <= high) if last else (sizes < high))
        band = [one for one, there in zip(ended, inside, strict=True) if there]
        words = f"{low:,} to {high if last else high - 1:,} parameters"
        kinds = _kinds(band, key)
        if len(kinds) > 1:
            rows += [
                Standing(kind, words, len(members), _best(members, goal))
                for kind, members in kinds.items()
            ]
    return rows


def _kinds(trials: Sequence[TrialRecord], key: str) -> dict[str, list[TrialRecord]]:
    """The ended trials by their kind, the kinds in alphabetical order."""
    kinds: dict[str, list[TrialRecord]] = {}
    for one in trials:
        if one.ended is not None and (kind := one.params.get(key)) is not None:
            kinds.setdefault(str(kind), []).append(one)
    return dict(sorted(kinds.items()))


def _best(trials: Sequence[TrialRecord], goal: Goal) -> float | None:
    values = [one.best_value for one in trials if one.best_value is not None]
    return goal.best(values) if values else None
