"""A picture of numbers that a model predicts, against the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_POINTS = 4_000
"""Points of a picture; of more, as many evenly spread over the sequences are drawn."""


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

    def finite(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The numbers where both are finite, as they are and as predicted."""
        kept = np.isfinite(self.actual) & np.isfinite(self.predicted)
        return self.actual[kept], self.predicted[kept]

    def points(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Those of `finite` that are drawn."""
        actual, predicted = self.finite()
        if len(actual) <= MOST_POINTS:
            return actual, predicted
        some = np.linspace(0, len(actual) - 1, MOST_POINTS).round().astype(int)
        return actual[some], predicted[some]

    def words(self) -> str:
        """How far off the predictions are, and what of them is not drawn."""
        actual, predicted = self.finite()
        words = f"off by {np.abs(predicted - actual).mean():.4g} on average" if len(actual) else ""
        missing = len(self.actual) - len(actual)
        unknown = f"{missing:,} of {len(self.actual):,} predictions are not finite" * bool(missing)
        more = f"{MOST_POINTS:,} of {len(actual):,} are drawn" * (len(actual) > MOST_POINTS)
        return "; ".join(filter(None, (words, unknown, more))) or "nothing was predicted"

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`: the predictions over the numbers, and beside that their errors."""
        actual, predicted = self.points()
        name = style.shortened(self.quantity, style.MOST_NAME)
        with style.drawing(path, 1, 2, height=4.0) as (over, beside):
            if len(actual):
                ends = [float(actual.min()), float(actual.max())]
                over.plot(ends, ends, color=style.GREY, linewidth=1, label="predicted = true")
                beside.axhline(0, color=style.GREY, linewidth=1)
            for axes, values in ((over, predicted), (beside, predicted - actual)):
                axes.scatter(actual, values, s=12, color=style.BLUE, alpha=0.55, linewidths=0)
                axes.set_xlabel(f"true {name}", color=style.INK)
            over.set_ylabel(f"predicted {name}", color=style.INK)
            beside.set_ylabel("error: predicted \u2212 true", color=style.INK)
            style.headline([over, beside], f"{title}: {self.words()}")
