"""The picture of one training: its losses and its metric over its epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DOTTED = 40
"""Epochs up to which each has its dot on a curve."""

MANY_DECADES = 100
"""By how many times it does so where the powers of ten are ticks enough."""

WIDE = 30
"""By how many times the largest value exceeds the least one where an axis is logarithmic."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Curves that are measured alike and so share an axis.

    Attributes:
        label: What is measured, with its unit.
        curves: Values by the name of the curve and then by epoch, at most six; values that are not
            finite are left out.
        linear: Whether the axis is linear however far the values are apart, as of shares.
    """

    label: str
    curves: Mapping[str, Mapping[int, float]]
    linear: bool = False

    def known(self) -> dict[str, dict[int, float]]:
        """The curves in the order of their epochs, without what is not finite."""
        return {
            name: {epoch: one for epoch, one in sorted(curve.items()) if isfinite(one)}
            for name, curve in self.curves.items()
        }

    def spread(self) -> float:
        """By how many times the largest value exceeds the least one; 1 where not all are above
        0."""
        values = [value for curve in self.known().values() for value in curve.values()]
        return max(values) / min(values) if values and min(values) > 0 else 1.0

    def is_wide(self) -> bool:
        """Whether the values span decades, so that a logarithmic axis shows them best."""
        return not self.linear and self.spread() > WIDE


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The course of a training, an axis below the other.

    Attributes:
        axes: At least one.
        kept: The epoch whose weights are the model; 0 where there is none.
    """

    axes: Sequence[Axis]
    kept: int = 0

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`."""
        many = len(self.axes)
        with style.drawing(path, many, height=3.6 if many == 1 else 2.2) as panels:
            colors = iter(style.CURVES * many)
            for axes, axis in zip(panels, self.axes, strict=True):
                plot_curves(axes, axis, [next(colors) for _ in axis.curves])
                if self.kept:
                    mark_kept(axes, self.kept)
                style.name_panel(axes, "", axis.label)
                axes.set_xlim(*self.epochs())
                axes.tick_params(labelbottom=axes is panels[-1])
            panels[-1].set_xlabel("epoch", color=style.INK)
            style.headline(panels, title)

    def epochs(self) -> tuple[float, float]:
        """The range of the axis of epochs, which all panels share."""
        epochs = [epoch for axis in self.axes for curve in axis.curves.values() for epoch in curve]
        last = max([1, self.kept, *epochs])
        return 1 - 0.03 * last, 1.03 * last


def plot_curves(axes: Axes, axis: Axis, colors: Sequence[str] = style.CURVES) -> None:
    """Draw the curves of an axis, with a dot an epoch where they are few."""
    for (name, known), color in zip(axis.known().items(), colors, strict=False):
        marker = "o" if len(known) <= MOST_DOTTED else ""
        (line,) = axes.plot(list(known), list(known.values()), color=color, label=name)
        line.set(linewidth=1.6, marker=marker, markersize=3.5)
    if axis.is_wide():
        axes.set_yscale("log")
        if axis.spread() > MANY_DECADES:  # the ticks between powers of ten cost half of a picture
            axes.minorticks_off()
    style.whole_numbers(axes)


def mark_kept(axes: Axes, epoch: int) -> None:
    """Mark the epoch whose weights are the model, on an axis of epochs."""
    axes.axvline(
        epoch, color=style.INK, linewidth=0.9, linestyle=(0, (2, 3)), label=f"kept: epoch {epoch}"
    )
