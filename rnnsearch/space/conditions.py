"""`when:`: on what an active field depends, in which order, and whether it can ever hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, Protocol

from rnnsearch.space.distributions import Distribution, is_number
from rnnsearch.space.words import plain_text


class Condition(Protocol):
    """What the value of another field, the parent, must be for a sampled field to be active."""

    def holds(self, value: Any) -> bool:
        """Whether a parent's value meets it."""

    def left_of(self, distribution: Distribution) -> Condition | None:
        """What remains of the condition without the values that the parent is never drawn with.

        None where nothing remains, so that the condition never holds.
        """

    def clause(self, key: str) -> str:
        """The condition as a part of a sentence, of the parent with this dotted key, such as
        `model.num_layers is at least 2`."""

    def written(self) -> Any:
        """As a space file writes it after the parent's key."""

    def borders(self) -> Iterable[Any]:
        """Values of a parent at and beside which it may begin or cease to hold."""


class Among(tuple[Any, ...]):
    """The parent has one of these values."""

    __slots__ = ()

    def holds(self, value: Any) -> bool:
        return value in self

    def left_of(self, distribution: Distribution) -> Condition | None:
        return Among(member for member in self if distribution.contains(member)) or None

    def clause(self, key: str) -> str:
        return f"{key} is {' or '.join(map(plain_text, self))}"

    def written(self) -> Any:
        return self

    def borders(self) -> Iterable[Any]:
        return self


@dataclass(frozen=True, slots=True)
class Between:
    """The parent's value lies in a range with both ends included; None leaves an end open."""

    min: float | None = None
    max: float | None = None

    def holds(self, value: Any) -> bool:
        low, high = self._ends
        return is_number(value) and low <= value <= high

    def left_of(self, distribution: Distribution) -> Condition | None:
        return self if distribution.reaches(*self._ends) else None

    def clause(self, key: str) -> str:
        parts = []
        if self.min is not None:
            parts.append(f"at least {self.min:g}")
        if self.max is not None:
            parts.append(f"at most {self.max:g}")
        return f"{key} is {' and '.join(parts)}"

    def written(self) -> Any:
        ends = {"min": self.min, "max": self.max}
        return {name: end for name, end in ends.items() if end is not None}

    def borders(self) -> Iterable[Any]:
        # Beside a border that is no whole number lie whole ones too.
        ends = [end for end in (self.min, self.max) if end is not None]
        return [at + side for end in ends for at in {end, math.floor(end)} for side in (-1, 0, 1)]

    @property
    def _ends(self) -> tuple[float, float]:
        return (
            -math.inf if self.min is None else self.min,
            math.inf if self.max is None else self.max,
        )


@dataclass(frozen=True, slots=True)
class Parameter:
    """A sampled field: its distribution, and when it is active.

    Attributes:
        when: Conditions by the dotted key of the parent that must meet them; all must hold. An
            inactive field takes its documented default and is absent from a trial's params.
    """

    distribution: Distribution
    when: Mapping[str, Condition] = field(default_factory=dict)

    def is_active(self, known: Mapping[str, Any]) -> bool:
        """Whether the field is sampled, given the fixed values and the active fields before it.

        An inactive parent is absent from `known`, so what hangs on it is inactive as well.
        """
        return all(
            key in known and condition.holds(known[key]) for key, condition in self.when.items()
        )

    def requirement(self) -> str:
        """All conditions as a part of a sentence, `model.cell is lstm and model.num_layers is at
        least 2`; empty where the field is always active."""
        return " and ".join(condition.clause(key) for key, condition in self.when.items())


class Space(Protocol):
    """Fields with one value and sampled fields, by dotted key: of a study, or of one to be."""

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def parameters(self) -> Mapping[str, Parameter]: ...


def left_of(condition: Condition, parent: str, space: Space) -> Condition | None:
    """What remains of a condition once the values that its parent never has in a space are out.

    Conditions on the parent itself are left aside. None where nothing remains.
    """
    if parent in space.parameters:
        return condition.left_of(space.parameters[parent].distribution)
    return condition if condition.holds(space.values.get(parent)) else None


def assigned(space: Space, value_of: Callable[[str, Distribution], Any]) -> dict[str, Any]:
    """The values of a trial by dotted key: the fixed fields, and the sampled ones that are active.

    Args:
        value_of: Gives the value of an active field, each after those on which it depends.
    """
    known = dict(space.values)
    for key in in_order(space.parameters):
        if space.parameters[key].is_active(known):
            known[key] = value_of(key, space.parameters[key].distribution)
    return known


def find_cycle(parents: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Keys that wait for each other in a circle, the first one again at the end; or None."""
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]  # graphlib puts each key behind its parent
    return None


def in_order(parameters: Mapping[str, Parameter], keys: Container[str] | None = None) -> list[str]:
    """The sampled keys, each after the ones that it depends on, else in the file's order.

    Args:
        keys: Only these, and those on which they depend; None for all.
    """
    order: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in parameters and key not in order:
            for parent in parameters[key].when:
                visit(parent)
            order[key] = None

    for key in parameters:
        if keys is None or key in keys:
            visit(key)
    return list(order)
