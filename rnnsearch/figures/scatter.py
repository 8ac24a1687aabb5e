"""A picture of numbers that a model predicts, against the true ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.figures import style

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draw_scatter(arrays: Mapping[str, NDArray[Any]], path: Path, *, title: str) -> None:
    """Draw a point for each sequence, its predicted number over the true one, as a PNG.

    Args:
        arrays: `actual` and `predicted`, [sequences], and `quantity`, the name of the number.
        path: Where the PNG goes; its folder is made.
    """
    import numpy as np

    actual, predicted, name = arrays["actual"], arrays["predicted"], str(arrays["quantity"])
    shown = np.isfinite(predicted)
    with style.drawing(path, height=5.0) as (axes,):
        ends = [float(actual.min()), float(actual.max())]
        axes.plot(ends, ends, color=style.GREY, linewidth=1, label="predicted = true")
        axes.scatter(actual[shown], predicted[shown], s=12, color=style.BLUE, alpha=0.6)
        axes.set_xlabel(f"true {name}", color=style.INK)
        axes.set_ylabel(f"predicted {name}", color=style.INK)
        off = np.abs(predicted - actual).mean()
        style.heading(axes, f"{title}: off by {off:.4g} on average")
