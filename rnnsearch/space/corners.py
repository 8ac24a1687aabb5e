"""The configurations that a space admits, thinned to the ones that can matter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rnnsearch.space.conditions import Parameter, Space, in_order
from rnnsearch.space.fields import fields_of

MAX_CORNERS = 4096
"""Combinations at most; a space with more is checked in part."""

MOST_COUNTED = 2000
"""Configurations that are counted; nobody tries all of more."""


def possible_values(space: Space, key: str) -> Sequence[Any]:
    """Every value that a field can have in a trial; none where it is drawn from a continuous range.

    Conditions are left aside: an inactive field's default is not among the values.
    """
    if key in space.parameters:
        return space.parameters[key].distribution.values()
    return (space.values.get(key),)


def corners(space: Space, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Every combination of the extremes of `keys`, conditions honoured.

    A choice gives all its members, a range its two ends, and the values beside the borders of
    the conditions that hang on it. Fixed and inactive keys come with their values.
    """
    parameters, keys = space.parameters, list(keys)
    order = in_order(parameters, keys)
    options = {key: _candidates(key, parameters, order) for key in order}
    fields = fields_of(space.values, space.parameters)
    for count, known in enumerate(walk(order, options, parameters, dict(space.values))):
        if count == MAX_CORNERS:
            return
        yield {key: known[key] if key in known else fields[key].default for key in keys}


def layer_counts(space: Space) -> tuple[int, int]:
    """Layers of the shallowest and of the deepest network of a space."""
    layers, sizes = "model.num_layers", "model.hidden_sizes"
    counts = [
        one[layers] if one[sizes] is None else len(one[sizes])
        for one in corners(space, (layers, sizes))
    ]
    return min(counts), max(counts)


def configurations(space: Space) -> int | None:
    """How many different configurations the space holds; None for too many to count."""
    parameters = space.parameters
    if math.prod(one.distribution.count for one in parameters.values()) > MOST_COUNTED:
        return None
    options = {key: parameters[key].distribution.values() for key in in_order(parameters)}
    return sum(1 for _ in walk(list(options), options, parameters, dict(space.values)))


def walk(
    order: list[str],
    options: Mapping[str, Sequence[Any]],
    parameters: Mapping[str, Parameter],
    known: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    """The values of all fields in every combination of some values of the sampled ones.

    Args:
        order: Keys of the sampled fields, each behind those that it depends on.
        options: The values of each.
        parameters: The sampled fields.
        known: Values of the fields that are not sampled.
    """
    if not order:
        yield known
        return
    key, rest = order[0], order[1:]
    if not parameters[key].is_active(known):
        yield from walk(rest, options, parameters, known)
        return
    for value in options[key]:
        yield from walk(rest, options, parameters, {**known, key: value})


def _candidates(
    key: str, parameters: Mapping[str, Parameter], children: Iterable[str]
) -> list[Any]:
    """The extremes of a sampled field, and values at which the conditions of others change."""
    distribution = parameters[key].distribution
    values = list(distribution.extremes)
    for child in children:
        if (condition := parameters[child].when.get(key)) is not None:
            values += map(distribution.restored, condition.borders())
    return [value for value in dict.fromkeys(values) if distribution.contains(value)]
