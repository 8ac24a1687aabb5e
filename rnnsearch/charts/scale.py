"""The axis of a study's metric: logarithmic where values span decades, with wild values aside."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from rnnsearch.goal import Goal

DECADES = 1.5
"""An axis of positive values is logarithmic where they span more decades."""


def is_log(values: Iterable[float]) -> bool:
    """Whether values should be drawn on a logarithmic axis."""
    known = [value for value in values if math.isfinite(value)]
    return bool(known) and min(known) > 0 and math.log10(max(known) / min(known)) > DECADES


def value_axis(values: Iterable[float], goal: Goal, title: str) -> tuple[dict[str, Any], str]:
    """The axis of a metric's values.

    Its range leaves out the worst fiftieth of them where they would press all others onto one end.

    Args:
        values: All that are drawn along it.
        title: The metric with its unit.

    Returns:
        The axis as plotly takes it, and what lies off its range in a sentence, else nothing.
    """
    known = np.array([value for value in values if math.isfinite(value)], dtype=np.float64)
    log = is_log(known)
    broken = title.replace(" (", "<br>(", 1)
    axis: dict[str, Any] = {"title": {"text": broken}, "type": "log" if log else "linear"}
    if log and known.max() / known.min() > 100:
        axis["dtick"] = 1  # a label a decade, without twos and fives between
    if known.size < 4:
        return axis, ""
    shown = np.log10(known) if log else known
    low, high = np.percentile(shown, [2, 98])
    low, high = (shown.min(), high) if goal is Goal.MINIMIZE else (low, shown.max())
    if not high > low or (shown.max() - shown.min()) <= 1.3 * (high - low):
        low, high = float(shown.min()), float(shown.max())
    if not high > low:
        return axis, ""
    room = 0.06 * (high - low)
    axis["range"] = [float(low - room), float(high + room)]
    off = int(((shown < low - room) | (shown > high + room)).sum())
    note = f"{off:,} of {known.size:,} values lie off the scale; a double click shows all."
    return axis, note if off else ""
