"""The picture of one trial's metrics over its epochs."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DOTTED = 40
"""Epochs up to which each has its dot on a curve."""


def draw_curve(
    curves: Mapping[str, Mapping[int, float]],
    path: Path,
    *,
    title: str,
    value_label: str,
) -> None:
    """Draw one trial's metrics over its epochs as a PNG.

    Args:
        curves: Values by the name of the metric and then by epoch, of at most six metrics; values
            that are not finite are left out.
        path: Where the PNG goes; its folder is made.
        value_label: What is measured, with its unit.
    """
    with style.drawing(path) as (axes,):
        plot_curves(axes, curves)
        axes.set_xlabel("epoch", color=style.INK)
        axes.set_ylabel(value_label, color=style.INK)
        style.heading(axes, title)


def plot_curves(axes: Axes, curves: Mapping[str, Mapping[int, float]]) -> None:
    """Draw the curves of `draw_curve` into some axes, with a dot an epoch where they are few."""
    for (name, curve), color in zip(curves.items(), style.CURVES, strict=False):
        known = {epoch: value for epoch, value in sorted(curve.items()) if isfinite(value)}
        marker = "o" if len(known) <= MOST_DOTTED else ""
        (line,) = axes.plot(list(known), list(known.values()), color=color, label=name)
        line.set(linewidth=1.6, marker=marker, markersize=3.5)
    style.whole_numbers(axes)
