"""Pictures of matrices: what a classifier confuses, and events beside their chances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MOST_NUMBERED = 20
"""Classes up to which each cell has its count written in it."""


def draw_confusion(arrays: Mapping[str, NDArray[Any]], path: Path, *, title: str) -> None:
    """Draw the counts of classes by what was guessed as a PNG, shaded by their share of the class.

    Args:
        arrays: `confusion` [class, guessed class] and `classes`, their names.
        path: Where the PNG goes; its folder is made.
    """
    import numpy as np

    counts, names = arrays["confusion"], [str(name) for name in arrays["classes"]]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with style.drawing(path, height=max(3.6, 1.6 + 0.3 * min(len(names), 40))) as (axes,):
        _shade(axes, shares)
        places = range(len(names)) if len(names) <= 40 else ()
        axes.set_xticks(
            list(places), [names[at] for at in places], rotation=60, ha="right", parse_math=False
        )
        axes.set_yticks(list(places), [names[at] for at in places], parse_math=False)
        if len(names) <= MOST_NUMBERED:
            for row, column in np.argwhere(counts > 0).tolist():
                color = "white" if shares[row, column] > 0.5 else style.INK
                style.centred(axes, column, row, str(counts[row, column]), size=8, color=color)
        axes.set_xlabel("guessed", color=style.INK)
        axes.set_ylabel("true", color=style.INK)
        right = counts.diagonal().sum() / max(counts.sum(), 1)
        style.heading(axes, f"{title}: {right:.1%} right")


def draw_events(arrays: Mapping[str, NDArray[Any]], path: Path, *, title: str) -> None:
    """Draw events as they came as a PNG, and below how likely the model held each one step before.

    Args:
        arrays: `events`, 0 and 1, and `chances`, both [steps, events].
        path: Where the PNG goes; its folder is made.
    """
    with style.drawing(path, rows=2, height=3.2) as (above, below):
        for axes, values, name in (
            (above, arrays["events"], "what happened"),
            (below, arrays["chances"], title),
        ):
            _shade(axes, values.T, origin="lower", interpolation="nearest")
            axes.set_xlabel("step", color=style.INK)
            axes.set_ylabel("event", color=style.INK)
            style.heading(axes, name)


def _shade(axes: Axes, values: NDArray[Any], **options: Any) -> None:
    """Shade cells by values [rows, columns] from 0, which is white, to 1.

    Args:
        options: Of matplotlib's `imshow`.
    """
    axes.grid(visible=False)
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto", **options)
