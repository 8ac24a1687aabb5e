"""How many configurations a space holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rnnsearch.space.corners import corners
from rnnsearch.space.distributions import Choice, Distribution, Int
from rnnsearch.space.spec import StudySpec


def configurations(spec: StudySpec) -> int | None:
    """How many different configurations the space holds; None where a range is continuous.

    Up to the limit of `corners`; above it None too, since nobody will ever try them all.
    """
    total = 1
    for parameter in spec.parameters.values():
        size = _size(parameter.distribution)
        if size is None:
            return None
        total *= size
    if total > 2000:
        return None
    wide = {
        key: replace(one, distribution=Choice(tuple(members(one.distribution))))
        for key, one in spec.parameters.items()
    }
    return sum(1 for _ in corners(wide, spec.values, wide))


def _size(distribution: Distribution) -> int | None:
    if isinstance(distribution, Choice):
        return len(distribution.members)
    if distribution.step is None:
        return None
    return round((distribution.high - distribution.low) / distribution.step) + 1


def members(distribution: Distribution) -> Sequence[Any]:
    """Every value that a distribution can draw, where that is no continuous range."""
    if isinstance(distribution, Choice):
        return distribution.members
    if isinstance(distribution, Int):
        return range(distribution.low, distribution.high + 1, distribution.step)
    step = distribution.step or 1.0
    return [distribution.low + step * index for index in range(_size(distribution) or 0)]
