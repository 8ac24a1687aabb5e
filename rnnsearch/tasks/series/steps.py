"""The usual step between the rows of a series, and the steps that differ from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.tasks.series.checks import AT_ONCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

MOST_STEPS = 1_000_000
"""Steps between rows of which the median is taken."""

MOST_ODD = 0.05
"""The share of odd steps up to which a series counts as regular; that of working days does not."""


def usual_step(times: Floats, starts: Rows) -> float | None:
    """The median step between rows that follow each other in a series; None where none does.

    Args:
        times: Of all series, one after the other [rows].
        starts: The first row of each series, and the number of rows.
    """
    between = starts[1:-1] - 1
    # The median of some steps, evenly spread, tells the usual one.
    some = np.setdiff1d(np.arange(0, len(times) - 1, len(times) // MOST_STEPS + 1), between)
    return float(np.median(times[some + 1] - times[some])) if len(some) else None


def regular_step(times: Floats, starts: Rows, dated: bool) -> float | None:
    """The usual step where nearly all steps are equal, so that others are worth a word later."""
    usual = usual_step(times, starts)
    if usual is None or odd_steps(times, starts, usual, dated) > MOST_ODD * len(times):
        return None
    return usual


def slack(usual: float, dated: bool) -> float:
    """By how much a step may differ from the usual one: months and years are of several lengths."""
    return usual * (0.12 if dated and usual >= 27 * 86400 else 1e-3)


def odd_steps(times: Floats, starts: Rows, usual: float, dated: bool) -> int:
    """How many steps within a series are not the usual one; arguments as above."""
    between, most, odd = starts[1:-1] - 1, slack(usual, dated), 0
    for start in range(0, len(times) - 1, AT_ONCE):
        steps = np.diff(times[start : start + AT_ONCE + 1])
        here = between - start
        steps[here[(here >= 0) & (here < len(steps))]] = usual
        odd += int((np.abs(steps - usual) > most).sum())
    return odd


def step_said(usual: float, dated: bool) -> str:
    """A step as a person reads it."""
    return f"{usual:g} s" if dated else f"{usual:g}"
