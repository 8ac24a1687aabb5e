"""A sampled parameter as an axis: numbers, linear or logarithmic, or the members of a choice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnsearch.charts.style import plain
from rnnsearch.figures.style import shortened

FEW_NUMBERS = 8
"""The widest range of whole numbers that each have a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One parameter.

    Attributes:
        key: Its dotted key.
        members: What a choice draws from, in the order of the file; None of numbers.
        low, high: Ends of the range that numbers are drawn from, where they are known.
        log: Whether its numbers are drawn uniformly in the logarithm.
        whole: Whether they are whole numbers.
    """

    key: str
    members: Sequence[Any] | None = None
    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False

    @property
    def title(self) -> str:
        """Its name on an axis."""
        return plain(shortened(self.key, 40))

    def member_names(self) -> list[str]:
        """The members as they stand on an axis."""
        return [plain(shortened(_written(one), 24)) for one in self.members or ()]

    def position(self, params: Mapping[str, Any]) -> float:
        """Where a trial lies: the logarithm of a number, or the place of a member; NaN where the
        trial does not have the parameter."""
        if self.key not in params:
            return math.nan
        value = params[self.key]
        if self.members is not None:
            return float(self.members.index(value)) if value in self.members else math.nan
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return math.nan
        if self.log:
            return math.log10(value) if value > 0 else math.nan
        return float(value)

    def span(self, positions: Iterable[float]) -> tuple[float, float]:
        """The lowest and the highest position of an axis on which these trials lie."""
        if self.members is not None:
            return 0.0, max(0.0, len(self.members) - 1.0)
        known = [one for one in positions if math.isfinite(one)]
        for end in (self.low, self.high):
            if end is not None and (end > 0 or not self.log):
                known.append(math.log10(end) if self.log else float(end))
        return (min(known), max(known)) if known else (0.0, 1.0)

    def ticks(self, low: float, high: float) -> tuple[list[float], list[str]] | None:
        """Positions from `low` to `high` that have a label, and their labels; None leaves them to
        plotly."""
        if self.members is not None:
            names = self.member_names()
            return [float(place) for place in range(len(names))], names
        if self.whole and not self.log and high - low <= FEW_NUMBERS:
            marks = range(math.ceil(low), math.floor(high) + 1)
            return [float(one) for one in marks], [str(one) for one in marks]
        if not self.log:
            return None
        first, last = math.floor(low), math.ceil(high)
        stride = max(1, (last - first) // 5)
        heads = (1, 2, 5) if high - low < 1.5 else (1, 3) if high - low < 2.6 else (1,)
        values = [head * 10.0**power for power in range(first, last + 1, stride) for head in heads]
        shown = [one for one in values if low - 1e-9 <= math.log10(one) <= high + 1e-9]
        if len(shown) < 2:
            shown = [10.0**low, 10.0**high] if high > low else [10.0**low]
        return [math.log10(one) for one in shown], [f"{one:.3g}" for one in shown]

    def axis(self, positions: Iterable[float]) -> dict[str, Any]:
        """The axis in plotly's words, for values at these positions."""
        low, high = self.span(positions)
        room = 0.5 if self.members is not None else 0.04 * (high - low) or 0.5
        axis: dict[str, Any] = {
            "title": {"text": self.title + (" (log)" if self.log else "")},
            "range": [low - room, high + room],
        }
        if (ticks := self.ticks(low, high)) is not None:
            axis["tickvals"], axis["ticktext"] = ticks
        elif self.whole and high - low <= 12:
            axis["dtick"] = 1
        return axis

    def said(self, params: Mapping[str, Any]) -> str:
        """The trial's value, for the words beside a point."""
        return plain(_written(params[self.key])) if self.key in params else "not sampled"


def _written(value: Any) -> str:
    """A value as a person writes it in a space file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)
