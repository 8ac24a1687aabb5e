"""`when:` — on what an active field depends, in which order, and whether it can ever hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.space.distributions import Between, Choice, Distribution, Float, Int, Parameter

Condition = tuple[Any, ...] | Between


def holds(condition: Condition, value: Any) -> bool:
    """Whether a parent's value meets a condition."""
    if isinstance(condition, Between):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low = condition.min is None or value >= condition.min
        return low and (condition.max is None or value <= condition.max)
    return value in condition


def is_active(parameter: Parameter, known: Mapping[str, Any]) -> bool:
    """Whether a field is sampled, given the fixed values and the active fields before it.

    An inactive parent is absent from `known`, so what hangs on it is inactive as well.
    """
    return all(
        key in known and holds(condition, known[key]) for key, condition in parameter.when.items()
    )


def find_cycle(parents: Mapping[str, Mapping[str, Any]]) -> list[str] | None:
    """Keys that wait for each other in a circle, the first one again at the end; or None."""
    done: set[str] = set()

    def walk(key: str, path: list[str]) -> list[str] | None:
        if key in path:
            return [*path[path.index(key) :], key]
        if key in done or key not in parents:
            return None
        found = next(filter(None, (walk(parent, [*path, key]) for parent in parents[key])), None)
        done.add(key)
        return found

    return next(filter(None, (walk(start, []) for start in parents)), None)


def in_order(parameters: Mapping[str, Parameter]) -> list[str]:
    """The sampled keys, each after the ones that it depends on, else in the file's order."""
    order: list[str] = []

    def visit(key: str) -> None:
        if key in order:
            return
        for parent in parameters[key].when:
            if parent in parameters:
                visit(parent)
        order.append(key)

    for key in parameters:
        visit(key)
    return order


def can_hold(condition: Condition, distribution: Distribution) -> bool:
    """Whether some value of a distribution meets a condition."""
    if isinstance(distribution, Choice):
        return any(holds(condition, member) for member in distribution.members)
    if isinstance(condition, Between):
        return _between_holds(condition, distribution)
    return any(contains(distribution, member) for member in condition)


def _between_holds(condition: Between, distribution: Float | Int) -> bool:
    low = distribution.low if condition.min is None else max(distribution.low, condition.min)
    high = distribution.high if condition.max is None else min(distribution.high, condition.max)
    if low > high:
        return False
    if distribution.step is None:
        return True
    # On a grid, the first point at or above `low` decides.
    steps = -int(-(low - distribution.low) // distribution.step)
    return distribution.low + steps * distribution.step <= high + 1e-12 * abs(high)


def contains(distribution: Distribution, value: Any) -> bool:
    """Whether a distribution can draw a value (already of the field's type)."""
    if isinstance(distribution, Choice):
        return any(
            value == member and isinstance(value, bool) == isinstance(member, bool)
            for member in distribution.members
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(distribution, Int) and not isinstance(value, int):
        return False
    if not distribution.low <= value <= distribution.high:
        return False
    if distribution.step is None:
        return True
    steps = (value - distribution.low) / distribution.step
    return abs(steps - round(steps)) < 1e-8
