"""Constraints: bounds that a study's trials keep, as texts such as `parameters <= 50000`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PARAMETERS, MEMORY, LATENCY = "parameters", "memory_mb", "latency"
BEFORE = (PARAMETERS, MEMORY, LATENCY)
"""What is known of a configuration before it is trained."""

SECONDS = "training_seconds"
"""What a trial takes to its last epoch; of one that was stopped, at its pace so far."""

BY_THE_CLOCK = (LATENCY, SECONDS)
"""What is measured by the clock, so that it differs from run to run."""

UNKNOWN = 1.0
"""The violation of a bound by a value that is not finite, or was never reported."""

_TEXT = re.compile(
    r"\s*([A-Za-z_]\w*)\s*(<=|>=)\s*([-+]?(?:[\d_]+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
)

GRAMMAR = "a name, `<=` or `>=`, and a number, as `parameters <= 50000`"


@dataclass(frozen=True, slots=True)
class Constraint:
    """One bound.

    Attributes:
        name: What is bounded: a member of `BEFORE`, or a metric.
        most: Whether the bound is the highest value that is allowed, and not the lowest.
    """

    name: str
    most: bool
    bound: float

    def __str__(self) -> str:
        return f"{self.name} {'<=' if self.most else '>='} {self.bound:.10g}"

    def violation(self, value: float) -> float:
        """How far a value is beyond the bound, as a part of the bound; 0 or less where it is not.

        As parts, violations of bounds of different units can be added.
        """
        if not math.isfinite(value):
            return UNKNOWN
        beyond = value - self.bound if self.most else self.bound - value
        return beyond / (abs(self.bound) or 1.0)

    def broken_by(self, value: float) -> str:
        """How a value breaks the bound, in words: `parameters 61,249 > 50,000`."""
        if not math.isfinite(value):
            return f"{self.name} is not finite"
        sign = ">" if self.most else "<"
        return f"{self.name} {_number(value)} {sign} {_number(self.bound)}"


def constraint(text: str) -> Constraint | None:
    """The constraint that a text says; None where it says none."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    try:
        bound = float(match[3])
    except ValueError:
        return None
    return Constraint(match[1], match[2] == "<=", bound)


def constraints_of(texts: tuple[str, ...]) -> tuple[Constraint, ...]:
    """The constraints of a checked study."""
    return tuple(one for text in texts if (one := constraint(text)) is not None)


def known_after(texts: tuple[str, ...]) -> tuple[Constraint, ...]:
    """The constraints of a checked study that are known only of a trial that has trained."""
    return tuple(one for one in constraints_of(texts) if one.name not in BEFORE)


def violations(bounds: Iterable[Constraint], values: Mapping[str, float]) -> dict[str, float]:
    """How far values are beyond the bounds that they break, by the texts of these.

    Args:
        values: What is bounded, by its name; what is missing is not finite.
    """
    beyond = {str(one): one.violation(values.get(one.name, math.nan)) for one in bounds}
    return {text: amount for text, amount in beyond.items() if amount > 0}


def refused_words(counts: Mapping[str, int]) -> str:
    """How many proposals were not trained, and why, in a line; empty where none was.

    Args:
        counts: How many broke each constraint.
    """
    return f"proposals not trained: {refused_proposals(counts)}" if counts else ""


def refused_proposals(counts: Mapping[str, int]) -> str:
    """How many proposals broke what: `17 that break parameters <= 50000`."""
    return ", ".join(f"{count:,} that break {constraint}" for constraint, count in counts.items())


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:,.4g}"
