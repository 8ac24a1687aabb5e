"""The axis of a study's metric: logarithmic where values span decades, with wild values aside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.charts.upright import upright
from rnnsearch.goal import Goal

DECADES = 1.5
"""An axis of positive values is logarithmic where they span more decades."""
FENCE = 3.0
"""What lies further beyond the middle half of all than this many times its width is wild: John
Tukey's outer fence."""
FEWEST = 4
"""Fewer values are all drawn."""

LOG: Mapping[str, Any] = {"type": "log", "tickformat": ",~g", "nticks": 5}
"""A logarithmic axis: each label a whole number; plotly else writes 2 and 5 between powers."""


def is_log(values: Iterable[float]) -> bool:
    """Whether values should be drawn on a logarithmic axis."""
    known = [value for value in values if math.isfinite(value)]
    return bool(known) and min(known) > 0 and math.log10(max(known) / min(known)) > DECADES


def value_axis(
    values: Iterable[float],
    goal: Goal,
    title: str,
    *,
    height: int,
    curves: Sequence[Sequence[float]] | None = None,
) -> tuple[dict[str, Any], str]:
    """The axis of a metric's values.

    Its range leaves out the worst values where they lie far from all others, which it would press
    onto one end.

    Args:
        values: All that are drawn along it.
        title: The metric with its unit.
        height: Pixels of the chart.
        curves: Where the values are of curves, those of each: a curve is wild where its worst value
            is, so that what all curves begin with stays.

    Returns:
        The axis as plotly takes it, and what leaves the picture in a sentence, else nothing.
    """
    known = _finite(values)
    worst = max if goal is Goal.MINIMIZE else min
    ends = known
    if curves is not None:
        finite = [_finite(curve) for curve in curves]
        ends = np.array([worst(one) for one in finite if one.size], dtype=np.float64)
    log = is_log(known)
    low, high = _range(known, ends, goal, log)
    if log and not is_log(known[(known >= low) & (known <= high)]):
        log = False  # nothing but what is left out spans decades
        low, high = _range(known, ends, goal, log)
    axis: dict[str, Any] = {"title": {"text": upright(title, height)}}
    axis |= LOG if log else {"type": "linear"}
    if known.size < FEWEST or not high > low:
        return axis, ""
    bottom, top = (math.log10(low), math.log10(high)) if log else (low, high)
    room = 0.06 * (top - bottom)
    axis["range"] = [bottom - room, top + room]
    off = int(((ends < low) | (ends > high)).sum())
    called = "values" if curves is None else "curves"
    note = f"{off:,} of {ends.size:,} {called} leave the picture; a double click shows all."
    return axis, note if off else ""


def _finite(values: Iterable[float]) -> NDArray[np.float64]:
    return np.array([value for value in values if math.isfinite(value)], dtype=np.float64)


def _range(
    known: NDArray[np.float64], ends: NDArray[np.float64], goal: Goal, log: bool
) -> tuple[float, float]:
    """The lowest and the highest of the values that are kept.

    Args:
        ends: Among which some may be wild.
    """
    if not known.size:
        return 0.0, 0.0
    low, high = float(known.min()), float(known.max())
    scaled, every = (np.log10(ends), np.log10(known)) if log else (ends, known)
    first, third = np.percentile(scaled, [25, 75])
    # Of curves that all begin alike the ends lie closer together than what is drawn.
    room = FENCE * max(third - first, float(np.subtract(*np.percentile(every, [75, 25]))))
    if ends.size < FEWEST or not room > 0:
        return low, high
    if goal is Goal.MINIMIZE:
        return low, float(ends[scaled <= third + room].max())
    return float(ends[scaled >= first - room].min()), high
