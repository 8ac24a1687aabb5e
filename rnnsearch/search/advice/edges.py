"""Ranges that end where the best trials lie, and what wider ones would be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnsearch.space.distributions import Choice, Distribution, Float, Int, is_number
from rnnsearch.space.field import Field
from rnnsearch.space.fields import fields_of
from rnnsearch.space.spec import StudySpec

OUTER = 0.1
"""The part of a range, or of its logarithm, that counts as its edge."""

MANY = 0.25
"""Where so many of the best trials lie at an edge, it may be too narrow."""

CHANCE = 0.005
"""If so many would lie there by chance less often than this."""

MOVED = 0.5
"""An edge moves outwards by this part of the range, or of its logarithm."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A parameter of which the best trials lie at one end of its range.

    Attributes:
        end: `low` or `high`.
        at: The value of that end.
        trials: How many of the best trials lie there.
        best: How many of the best trials had the parameter.
        proposed: A wider range, as a space file writes it.
    """

    param: str
    end: str
    at: float
    trials: int
    best: int
    proposed: Mapping[str, Any]


def edges(best: Sequence[Mapping[str, Any]], spec: StudySpec) -> list[Edge]:
    """The edges at which the best trials lie, and that may be moved.

    An end that the field itself has, such as a dropout of 0, is none.

    Args:
        best: The parameters of the best trials, as Optuna stores them.
    """
    fields = fields_of(spec.values, spec.parameters)
    rows = []
    for key, one in spec.parameters.items():
        values = [float(params[key]) for params in best if is_number(params.get(key))]
        for end in ("low", "high"):
            there = [value for value in values if _at(one.distribution, end, value)]
            share = _share(one.distribution, end)
            if len(there) < MANY * len(values) or _by_chance(len(there), len(values), share):
                continue
            proposed = _wider(one.distribution, end, fields[key])
            if proposed is not None:
                at = _end(one.distribution, end)
                rows.append(Edge(key, end, at, len(there), len(values), proposed.written()))
    return rows


def _numbers(distribution: Distribution) -> list[float]:
    """The members of a choice between three numbers or more, rising; none of another choice."""
    members = distribution.extremes
    if len(members) < 3 or not all(map(is_number, members)):
        return []
    return sorted(map(float, members))


def _end(distribution: Distribution, end: str) -> float:
    numbers = [float(one) for one in distribution.extremes]
    return min(numbers) if end == "low" else max(numbers)


def _at(distribution: Distribution, end: str, value: float) -> bool:
    """Whether a value lies at an end."""
    if isinstance(distribution, Float | Int):
        low, high = distribution.low, distribution.high
        if low == high:
            return False
        place = (value - low) / (high - low)
        if distribution.log:
            place = math.log(value / low) / math.log(high / low)
        return place <= OUTER if end == "low" else place >= 1 - OUTER
    return bool(_numbers(distribution)) and value == _end(distribution, end)


def _share(distribution: Distribution, end: str) -> float:
    """The share of all values that lie at an end."""
    values = distribution.values()
    if not all(map(is_number, values)):
        return 0.0
    if not values or getattr(distribution, "log", False):
        return OUTER
    return sum(_at(distribution, end, float(value)) for value in values) / len(values)


def _by_chance(there: int, count: int, share: float) -> bool:
    """Whether so many of `count` values lie at an end easily by chance."""
    tail = sum(
        math.comb(count, more) * share**more * (1 - share) ** (count - more)
        for more in range(there, count + 1)
    )
    return tail >= CHANCE


def _wider(distribution: Distribution, end: str, field: Field) -> Distribution | None:
    """A distribution that goes on beyond an end as far as the field allows; None where it may not
    go any further."""
    if isinstance(distribution, Float | Int):
        low, high = _moved(distribution, end)
        wider: Float | Int
        if isinstance(distribution, Int):
            wider = Int(round(low), round(high), distribution.log, distribution.step)
        else:
            wider = Float(
                float(f"{low:.2g}") if end == "low" else low,
                float(f"{high:.2g}") if end == "high" else high,
                distribution.log,
                distribution.step,
            )
        beyond = wider.high > distribution.high or wider.low < distribution.low
        moved = wider.low if end == "low" else wider.high
        return wider if beyond and field.says.range.holds(moved) else None
    numbers = _numbers(distribution)
    near, last = (numbers[1], numbers[0]) if end == "low" else (numbers[-2], numbers[-1])
    beyond_last: float = last * last / near if near * last > 0 else 2 * last - near
    whole = all(isinstance(one, int) for one in distribution.extremes)
    member = round(beyond_last) if whole else float(f"{beyond_last:.2g}")
    if member in distribution.extremes or not field.says.range.holds(member):
        return None
    return Choice(tuple(sorted((*distribution.extremes, member))))


def _moved(one: Float | Int, end: str) -> tuple[float, float]:
    """Both ends, of which one lies further out."""
    if one.step is not None and not one.log:
        more = one.step * max(1, round((one.high - one.low) * MOVED / one.step))
        return (one.low - more, one.high) if end == "low" else (one.low, one.high + more)
    if one.log:
        factor = (one.high / one.low) ** MOVED
        return (one.low / factor, one.high) if end == "low" else (one.low, one.high * factor)
    more = (one.high - one.low) * MOVED
    return (one.low - more, one.high) if end == "low" else (one.low, one.high + more)
