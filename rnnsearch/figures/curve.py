"""One trial's metrics over its epochs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    drawing,
    heading,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_curve(
    curves: Mapping[str, Mapping[int, float]],
    path: Path,
    *,
    title: str,
    value_label: str,
) -> None:
    """One trial's metrics over its epochs, in one PNG.

    Args:
        curves: {name: {epoch: value}}, at most six; values that are not finite are left out.
        value_label: What is measured, with its unit.
    """
    with drawing(path) as (axes,):
        plot_curves(axes, curves)
        axes.set_xlabel("epoch", color=INK)
        axes.set_ylabel(value_label, color=INK)
        heading(axes, title)


def plot_curves(axes: Axes, curves: Mapping[str, Mapping[int, float]]) -> None:
    """Values over epochs; see `draw_curve`."""
    import numpy as np

    for (name, curve), color in zip(
        curves.items(), (BLUE, ORANGE, GREEN, PURPLE, SKY, GREY), strict=False
    ):
        epochs = np.array(sorted(curve))
        values = np.array([curve[epoch] for epoch in sorted(curve)], dtype=float)
        seen = np.isfinite(values)
        marker = "o" if seen.sum() <= 40 else None
        axes.plot(
            *(epochs[seen], values[seen]),
            color=color,
            linewidth=1.6,
            marker=marker,
            markersize=3.5,
            label=name,
        )
    whole_numbers(axes)
