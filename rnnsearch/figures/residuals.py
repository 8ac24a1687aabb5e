"""A picture of a forecaster's errors, a panel a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

INSIDE = 0.8
"""The share of the errors that a band holds."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Errors:
    """The errors of one quantity, predicted - true.

    Attributes:
        name: Which of several it is; empty where there is one.
        along: What they are counted along: steps ahead, or the time of what was predicted.
        up: What is measured, with its unit where that is known.
        at: Numbers or datetime64 [places].
        middle: The median error at each place; NaN where nothing was measured. [places]
        low, high: Ends of the band that holds `INSIDE` of the errors; None where a place has one
            error alone.
        forecasts: How many forecasts these are of.
    """

    name: str = ""
    along: str
    up: str
    at: NDArray[Any]
    middle: NDArray[Any]
    low: NDArray[Any] | None = None
    high: NDArray[Any] | None = None
    forecasts: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """The errors of several quantities.

    Attributes:
        shown: At most `panels.MOST_PANELS`.
        more: How many of all quantities are shown, in words; empty where all are.
    """

    shown: Sequence[Errors]
    more: str = ""

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`."""
        shown = self.shown
        columns = 1 if len(shown) <= 3 else 2
        rows = -(-len(shown) // columns)
        with style.drawing(path, rows, columns, height=3.3 if len(shown) == 1 else 2.1) as panels:
            for place, errors in enumerate(shown):
                _panel(panels[place], errors)
                style.name_panel(panels[place], errors.name, errors.up)
                if place >= len(shown) - columns:
                    panels[place].set_xlabel(errors.along, color=style.INK)
            for spare in panels[len(shown) :]:
                spare.remove()
            more = f"\nshown: {self.more}" if self.more else ""
            style.headline(panels[: len(shown)], title + more)


def by_step(errors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    """The median of errors [forecasts, steps] and the ends of their band, of each step.

    Errors that are not finite are left out; a step that has none is NaN. One forecast has no band.
    """
    steps = errors.shape[1]
    middle, low, high = (np.full(steps, np.nan) for _ in range(3))
    for step in range(steps):
        finite = errors[np.isfinite(errors[:, step]), step]
        if len(finite):
            tails = [(1 - INSIDE) / 2, 0.5, (1 + INSIDE) / 2]
            low[step], middle[step], high[step] = np.quantile(finite, tails)
    return (middle, None, None) if len(errors) == 1 else (middle, low, high)


def _panel(axes: Axes, errors: Errors) -> None:
    axes.axhline(0, color=style.INK, linewidth=0.9)
    dots = len(errors.at) <= style.MOST_DOTS
    if errors.low is not None and errors.high is not None:
        axes.fill_between(
            *(errors.at, errors.low, errors.high),
            color=style.BLUE,
            alpha=0.2,
            linewidth=0,
            label=f"{INSIDE:.0%} of the errors",
        )
    axes.plot(
        *(errors.at, errors.middle),
        color=style.BLUE,
        linewidth=1.3,
        marker="o" if dots else "",
        markersize=3,
        label="median error" if errors.low is not None else "error",
    )
    if errors.at.dtype.kind == "M":
        style.dates(axes)
    elif errors.at.dtype.kind in "iu":
        style.whole_numbers(axes)
