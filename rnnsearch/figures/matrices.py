"""Pictures of matrices: what a classifier confuses, and events beside their chances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.figures.style import INK, drawing, heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MOST_NUMBERED = 20
"""Classes up to which the counts stand in the cells."""


def draw_confusion(arrays: Mapping[str, NDArray[Any]], path: Path, *, title: str) -> None:
    """Counts by class and guessed class, shaded by the share of the class, in one PNG.

    Args:
        arrays: `confusion` [class, guessed class] and `classes`, their names.
        path: Where the PNG goes; its folder is made.
    """
    import numpy as np

    counts, names = arrays["confusion"], [str(name) for name in arrays["classes"]]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with drawing(path, height=max(3.6, 1.6 + 0.3 * min(len(names), 40))) as (axes,):
        _bare(axes)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        places = range(len(names)) if len(names) <= 40 else ()
        axes.set_xticks(
            list(places), [names[at] for at in places], rotation=60, ha="right", parse_math=False
        )
        axes.set_yticks(list(places), [names[at] for at in places], parse_math=False)
        if len(names) <= MOST_NUMBERED:
            for row, column in np.argwhere(counts > 0).tolist():
                dark = shares[row, column] > 0.5
                axes.text(
                    *(column, row, str(counts[row, column])),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if dark else INK,
                )
        axes.set_xlabel("guessed", color=INK)
        axes.set_ylabel("true", color=INK)
        right = counts.diagonal().sum() / max(counts.sum(), 1)
        heading(axes, f"{title}: {right:.1%} right")


def draw_events(arrays: Mapping[str, NDArray[Any]], path: Path, *, title: str) -> None:
    """Events as they came, and below how likely the model held each a step ahead, in one PNG.

    Args:
        arrays: `events`, 0 and 1, and `chances`, both [steps, events].
        path: Where the PNG goes; its folder is made.
    """
    with drawing(path, rows=2, height=3.2) as (above, below):
        for axes, values, name in (
            (above, arrays["events"], "what happened"),
            (below, arrays["chances"], title),
        ):
            _bare(axes)
            axes.imshow(
                values.T,
                cmap="Blues",
                vmin=0,
                vmax=1,
                aspect="auto",
                origin="lower",
                interpolation="nearest",
            )
            axes.set_xlabel("step", color=INK)
            axes.set_ylabel("event", color=INK)
            heading(axes, name)


def _bare(axes: Axes) -> None:
    axes.grid(visible=False)
