"""The distributions of a space file as functions, for spaces that are written in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a field's values are drawn from, as Python says it.

    Nothing is checked here: mistakes are reported under the key of the field, not known yet.

    Attributes:
        kind: The distribution's word in a space file.
        ends: The two ends of a range, or the members of a choice.
        step: The width between two values of a range; None for any.
        when: The fields and values under which alone the field is sampled, as in a space file.
    """

    kind: str
    ends: tuple[Any, ...]
    step: Any = None
    when: Mapping[str, Any] | None = None

    def written(self) -> dict[str, Any]:
        """The mapping of a space file."""
        mapping: dict[str, Any] = {self.kind: list(self.ends)}
        if self.step is not None:
            mapping["step"] = self.step
        return mapping if self.when is None else {**mapping, "when": dict(self.when)}


def choice(members: Iterable[Any], *, when: Mapping[str, Any] | None = None) -> Drawn:
    """One of the members, as `{choice: [lstm, gru]}` in a space file.

    Args:
        when: Fields by their dotted keys and the values under which alone this one is sampled, such
            as `{"model.cell": "lstm"}`, `{"model.num_layers": {"min": 2}}`.
    """
    return Drawn("choice", tuple(members), None, when)


def uniform(
    low: float, high: float, *, step: float | None = None, when: Mapping[str, Any] | None = None
) -> Drawn:
    """A number between both ends, as `{uniform: [0, 0.5]}` in a space file; `when` as of
    `choice`."""
    return Drawn("uniform", (low, high), step, when)


def loguniform(low: float, high: float, *, when: Mapping[str, Any] | None = None) -> Drawn:
    """A number between both ends, uniform in its logarithm, as `{loguniform: [1e-4, 1e-1]}` in a
    space file; `when` as of `choice`."""
    return Drawn("loguniform", (low, high), None, when)


def int_(
    low: int, high: int, *, step: int | None = None, when: Mapping[str, Any] | None = None
) -> Drawn:
    """A whole number, both ends included, as `{int: [1, 3]}` in a space file; `when` as of
    `choice`."""
    return Drawn("int", (low, high), step, when)


def logint(low: int, high: int, *, when: Mapping[str, Any] | None = None) -> Drawn:
    """A whole number, both ends included, uniform in its logarithm, as `{logint: [8, 64]}` in a
    space file; `when` as of `choice`."""
    return Drawn("logint", (low, high), None, when)
