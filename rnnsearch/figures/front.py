"""Trials by two goals of a study, for its picture: the front before those that are beaten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnsearch.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DECADES = 30
"""An axis of positive values is logarithmic where the largest is more than so many smallest."""


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """A trial by its value of the study's metric and of another goal.

    Attributes:
        number: The trial's.
        first: Whether no other trial beats it in every goal.
    """

    number: int
    across: float
    value: float
    first: bool


@dataclass(frozen=True, slots=True)
class Front:
    """The trials of a study by its metric and one other goal.

    Attributes:
        across: The other goal's name.
        points: Trials with finite values in both.
    """

    across: str
    points: Sequence[FrontPoint]

    def draw(self, axes: Axes, value_label: str, champion: int | None) -> None:
        """Draw the trials into axes, the front in colour.

        Args:
            value_label: The metric with its unit.
            champion: The number of the trial that won.
        """
        for label, first, color, size in (
            ("beaten in every goal", False, style.GREY, 4.0),
            ("the front", True, style.BLUE, 6.5),
        ):
            some = [one for one in self.points if one.first is first]
            if some:
                here = [one.across for one in some], [one.value for one in some]
                axes.plot(*here, "o", color=color, markersize=size, label=f"{label} ({len(some)})")
        for won in (one for one in self.points if one.number == champion):
            (star,) = axes.plot(won.across, won.value, "*", color=style.ORANGE, zorder=5)
            star.set(markersize=14, markeredgecolor="white")
            star.set_label(f"champion: trial {won.number}")
        if _spans_decades([one.across for one in self.points]):
            axes.set_xscale("log")
        if _spans_decades([one.value for one in self.points]):
            axes.set_yscale("log")
        axes.set_xlabel(self.across, color=style.INK)
        axes.set_ylabel(value_label, color=style.INK)
        style.heading(axes, f"{self.across}: trials that no other beats in every goal")


def _spans_decades(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) / min(values) > DECADES
