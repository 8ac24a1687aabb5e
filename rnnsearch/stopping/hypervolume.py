"""How much of the space of costs some points dominate, and which few of many dominate the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnsearch.stopping.fronts import Costs, scaled

BEYOND = 1.1
"""Where the dominated space ends, in ranges of the points: behind the worst of each goal, so that
the ends of a front count as well."""


def hypervolume(points: Sequence[Costs], reference: Costs) -> float:
    """The volume of what the points dominate within a reference point.

    By slices along the last goal (While et al., "A Faster Algorithm for Calculating Hypervolume",
    2006, has better ones for many points; here are as many as there are finalists).
    """
    inside = [one for one in points if all(a < b for a, b in zip(one, reference, strict=True))]
    if not inside:
        return 0.0
    if len(reference) == 1:
        return reference[0] - min(one[0] for one in inside)
    if len(reference) == 2:
        return _area(inside, reference)
    *rest, end = reference
    volume = 0.0
    rising = sorted(inside, key=lambda one: one[-1])
    for count, one in enumerate(rising, start=1):
        upto = rising[count][-1] if count < len(rising) else end
        if upto > one[-1]:
            below = [each[:-1] for each in rising[:count]]
            volume += (upto - one[-1]) * hypervolume(below, rest)
    return volume


def _area(points: Sequence[Costs], reference: Costs) -> float:
    """The same of two goals, in one sweep along the first."""
    area, lowest = 0.0, reference[1]
    for across, up in sorted(map(tuple, points)):
        if up < lowest:
            area += (reference[0] - across) * (lowest - up)
            lowest = up
    return area


def widest(points: Mapping[int, Costs], count: int, first: Sequence[int] = ()) -> list[int]:
    """So many of the points, one after the other that which adds the most volume.

    Args:
        first: Numbers of points that come before all others.
    """
    numbers = sorted(points)
    parts = dict(
        zip(numbers, map(tuple, scaled([points[one] for one in numbers]).tolist()), strict=True)
    )
    chosen = [one for one in first if one in points][:count]
    while len(chosen) < min(count, len(numbers)):
        so_far = [parts[one] for one in chosen]
        reference = (BEYOND,) * len(parts[numbers[0]])
        chosen.append(
            max(
                (one for one in numbers if one not in chosen),
                key=lambda one: (hypervolume([*so_far, parts[one]], reference), -one),
            )
        )
    return chosen
