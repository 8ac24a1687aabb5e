"""The configurations that a space admits, thinned to the ones that can matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rnnsearch.space.conditions import contains, in_order, is_active
from rnnsearch.space.distributions import Between, Choice, Parameter
from rnnsearch.space.fields import fields_of

MAX_CORNERS = 4096
"""Combinations at most; a space with more is checked in part."""


def corners(
    parameters: Mapping[str, Parameter], fixed: Mapping[str, Any], keys: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Every combination of the extremes of `keys`, conditions honoured.

    A choice gives all its members, a range its two ends, and the values beside the borders of
    the conditions that hang on it. Fixed and inactive keys come with their values.
    """
    wanted = list(keys)
    relevant = _with_ancestors(parameters, wanted)
    order = [key for key in in_order(parameters) if key in relevant]
    options = {key: _candidates(key, parameters, relevant) for key in order}
    fields = fields_of(fixed)
    for count, known in enumerate(_walk(order, options, parameters, dict(fixed))):
        if count == MAX_CORNERS:
            return
        yield {key: known[key] if key in known else fields[key].default for key in wanted}


def _walk(
    order: list[str],
    options: Mapping[str, list[Any]],
    parameters: Mapping[str, Parameter],
    known: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    if not order:
        yield known
        return
    key, rest = order[0], order[1:]
    if not is_active(parameters[key], known):
        yield from _walk(rest, options, parameters, known)
        return
    for value in options[key]:
        yield from _walk(rest, options, parameters, {**known, key: value})


def _with_ancestors(parameters: Mapping[str, Parameter], keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = [key for key in keys if key in parameters]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(parent for parent in parameters[key].when if parent in parameters)
    return found


def _candidates(key: str, parameters: Mapping[str, Parameter], relevant: set[str]) -> list[Any]:
    distribution = parameters[key].distribution
    if isinstance(distribution, Choice):
        return list(distribution.members)
    values: list[Any] = [distribution.low, distribution.high]
    for child in relevant:
        condition = parameters[child].when.get(key)
        if isinstance(condition, Between):
            borders = [condition.min, condition.max]
            values += [
                type(distribution.low)(border + side)
                for border in borders
                if border is not None
                for side in (-1, 0, 1)
            ]
        elif condition is not None:
            values += condition
    return [value for value in dict.fromkeys(values) if contains(distribution, value)]
