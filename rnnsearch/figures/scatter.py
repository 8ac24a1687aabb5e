"""A picture of numbers that a model predicts, against the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """A number for each sequence, as it is and as it was predicted.

    Attributes:
        actual: [sequences].
        predicted: [sequences].
        quantity: The name of the number.
    """

    actual: NDArray[Any]
    predicted: NDArray[Any]
    quantity: str

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; a point for each sequence."""
        actual, predicted = self.actual, self.predicted
        shown = np.isfinite(predicted)
        with style.drawing(path, height=5.0) as (axes,):
            ends = [float(actual.min()), float(actual.max())]
            axes.plot(ends, ends, color=style.GREY, linewidth=1, label="predicted = true")
            axes.scatter(actual[shown], predicted[shown], s=12, color=style.BLUE, alpha=0.6)
            axes.set_xlabel(f"true {self.quantity}", color=style.INK)
            axes.set_ylabel(f"predicted {self.quantity}", color=style.INK)
            off = np.abs(predicted - actual).mean()
            style.heading(axes, f"{title}: off by {off:.4g} on average")
