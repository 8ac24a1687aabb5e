"""A curve in one line of text: `0.95 █▆▄▃▂▁▁▁ 0.075`."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnsearch.space.words import short

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-=+*%#"
"""In the place of the blocks, where the output's encoding has none."""
WIDTH = 40
"""The most signs of a curve."""
NARROWEST = 8
"""The fewest signs, however narrow the terminal is."""
DECADES = 100.0
"""A curve is drawn on a log scale where its highest value is so many times its lowest."""


@dataclass(frozen=True)
class Scale:
    """What the lowest and the highest sign stand for.

    Attributes:
        low: The lowest value.
        high: The highest one.
        log: Whether equal ratios are equally high.
    """

    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, curves: Sequence[Mapping[int, float]]) -> Scale:
        """The scale on which all these curves can be drawn and compared."""
        values = [value for curve in curves for value in curve.values() if math.isfinite(value)]
        low, high = min(values, default=0.0), max(values, default=0.0)
        return cls(low, high, log=low > 0 and high / low >= DECADES)

    def place(self, value: float) -> float:
        """Where a value lies between the lowest, 0, and the highest, 1."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(value)
        return (at - low) / (high - low) if high > low else 0.0


def sparkline(
    curve: Mapping[int, float], scale: Scale, epochs: tuple[int, int], width: int = WIDTH
) -> str:
    """Draw a curve: a sign for each epoch, or for a few neighbouring ones, whose median it shows.

    An epoch without a finite value leaves a blank.

    Args:
        epochs: The first and the last epoch that are drawn, so that curves of unequal length
            stand below each other epoch by epoch.
    """
    first, last = epochs
    count = last - first + 1
    width = min(width, count)
    gathered: list[list[float]] = [[] for _ in range(width)]
    for epoch, value in curve.items():
        if first <= epoch <= last and math.isfinite(value):
            gathered[(epoch - first) * width // count].append(scale.place(value))
    signs = _signs()
    return "".join(
        signs[round(statistics.median(places) * (len(signs) - 1))] if places else " "
        for places in gathered
    ).rstrip()


def curve_lines(
    curves: Mapping[str, Mapping[int, float]], *, together: bool = False, screen: int | None = None
) -> list[str]:
    """A line for each curve, with its first and last value at both ends, and its scale.

    Args:
        curves: The values by epoch of each curve, by its name; one without a value is left out.
        together: Draw all on one scale, so that they can be compared.
        screen: Columns of the terminal, where it may be a narrow one.
    """
    drawn = {name: curve for name, curve in curves.items() if curve}
    if not drawn:
        return []
    first = min(min(curve) for curve in drawn.values())
    last = max(max(curve) for curve in drawn.values())
    common = Scale.of(list(drawn.values()))
    names = max(map(len, drawn))
    starts = {name: short(curve[min(curve)]) for name, curve in drawn.items()}
    room = max(map(len, starts.values()))
    scales = {one: common if together else Scale.of([curve]) for one, curve in drawn.items()}
    ends = {
        name: f"{short(curve[max(curve)])}{' (log scale)' if scales[name].log else ''}"
        for name, curve in drawn.items()
    }
    beside = names + room + max(map(len, ends.values())) + 4
    width = WIDTH if screen is None else max(NARROWEST, min(WIDTH, screen - beside))
    return [
        f"{name.ljust(names)}  {starts[name].rjust(room)} "
        f"{sparkline(curve, scales[name], (first, last), width)} {ends[name]}"
        for name, curve in drawn.items()
    ]


def _signs() -> str:
    """The signs that the output can show."""
    try:
        BLOCKS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return BLOCKS
