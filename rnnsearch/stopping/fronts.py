"""One order of points that are judged by several costs: front by front, and spread in each front.

Schmucker et al., "Multi-objective Asynchronous Successive Halving" (2021, arXiv 2106.12639), with
its order of epsilon-nets: in a front each point comes next that is the furthest from all before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Costs = Sequence[float]
"""One finite value for each goal, of which less is better."""


def order(points: Mapping[int, Costs]) -> Iterator[int]:
    """Numbers of points, the best first.

    Points that no other one dominates are the first front, and so on without these. A front begins
    with its best point by the first goal, then goes on with that which is the furthest from those
    before it, in costs that are `scaled` to the front's ranges; of equal ones the lower number.
    """
    for front in fronts(points):
        yield from _spread(front, points)


def place_of(points: Mapping[int, Costs], number: int) -> tuple[int, int]:
    """The place of a point in the order of all, and the place of its front, both from 1."""
    before = 0
    for rank, front in enumerate(fronts(points), start=1):
        if number in front:
            return before + 1 + _spread(front, points).index(number), rank
        before += len(front)
    raise KeyError(number)


def fronts(points: Mapping[int, Costs]) -> Iterator[list[int]]:
    """Numbers of points front by front, each in rising order; equal points share a front."""
    numbers = sorted(points)
    dominates = _dominates([points[number] for number in numbers])
    dominated_by = dominates.sum(0)
    left = np.ones(len(numbers), bool)
    while left.any():
        front = np.flatnonzero(left & (dominated_by == 0))
        yield [numbers[at] for at in front]
        left[front] = False
        dominated_by -= dominates[front].sum(0)


def beaten_by(points: Mapping[int, Costs]) -> dict[int, int]:
    """By how many others each point is dominated."""
    numbers = sorted(points)
    counts = _dominates([points[number] for number in numbers]).sum(0)
    return dict(zip(numbers, counts.tolist(), strict=True))


def levelled(costs: Sequence[Costs]) -> NDArray[np.float64]:
    """Costs, [points, goals], in which equal distances are worth as much.

    A goal whose costs are all above zero, as sizes, times and most losses are, counts by their
    logarithm: half of it is worth as much whether it is large or small. Any other counts as it is.
    """
    matrix = np.array(costs, float)
    positive = (matrix > 0).all(0)
    matrix[:, positive] = np.log(matrix[:, positive])
    return matrix


def scaled(costs: Sequence[Costs]) -> NDArray[np.float64]:
    """Levelled costs as parts of the range of each goal, 0 for its best one, 1 for its worst."""
    matrix = levelled(costs)
    width = np.ptp(matrix, axis=0)
    parts: NDArray[np.float64] = (matrix - matrix.min(0)) / np.where(width > 0, width, 1.0)
    return parts


def _dominates(costs: Sequence[Costs]) -> NDArray[np.bool_]:
    """Which points are no worse than which others in every goal, and better in one."""
    no_worse = np.ones((len(costs), len(costs)), bool)
    better = np.zeros_like(no_worse)
    for goal in np.array(costs, float).T:
        no_worse &= goal[:, None] <= goal
        better |= goal[:, None] < goal
    dominates: NDArray[np.bool_] = no_worse & better
    return dominates


def _spread(front: Sequence[int], points: Mapping[int, Costs]) -> list[int]:
    costs = [tuple(points[number]) for number in front]
    parts = scaled(costs)
    places = [min(range(len(front)), key=lambda at: (costs[at], front[at]))]
    nearest = _distances(parts, places[0])
    while len(places) < len(front):
        nearest[places] = -1.0
        places.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, _distances(parts, places[-1]))
    return [front[at] for at in places]


def _distances(parts: NDArray[np.float64], at: int) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm(parts - parts[at], axis=1)
    return distances
