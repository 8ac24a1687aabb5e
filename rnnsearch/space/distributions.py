"""The distributions that a field may have, without optuna."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the members. Lists are stored in Optuna under their labels, scalars as they are."""

    members: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Float:
    """A float in [low, high]; uniform in the logarithm with `log`, on a grid with `step`."""

    low: float
    high: float
    log: bool = False
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number in [low, high], both ends included."""

    low: int
    high: int
    log: bool = False
    step: int = 1


Distribution = Choice | Float | Int


def kind_of(distribution: Distribution) -> str:
    """Its word in a space file."""
    if isinstance(distribution, Choice):
        return "choice"
    kind = "uniform" if isinstance(distribution, Float) else "int"
    return f"log{kind}" if distribution.log else kind


@dataclass(frozen=True, slots=True)
class Between:
    """A condition's range; None is open."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A sampled field: its distribution, and when it is active.

    Attributes:
        when: Dotted key to the members or the range that its value must lie in; all must hold.
            An inactive field takes its documented default and is absent from params.
    """

    distribution: Distribution
    when: Mapping[str, tuple[Any, ...] | Between] = field(default_factory=dict)
