"""A picture of what a classifier confuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NUMBERED = 20
"""Classes up to which each cell has its count written in it."""

MOST_NAMED = 40
"""Classes up to which each has its name at the axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """How often sequences of each class were taken for each class.

    Attributes:
        counts: [class, guessed class].
        classes: Their names.
    """

    counts: NDArray[Any]
    classes: Sequence[str]

    def shares(self) -> NDArray[Any]:
        """The counts as shares of their class, [class, guessed class]; 0 of an empty class."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1))

    def right(self) -> float:
        """The share of all that was guessed right."""
        return float(self.counts.diagonal().sum() / max(self.counts.sum(), 1))

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; cells are shaded by their share of the true class."""
        counts, names, shares = self.counts, self.classes, self.shares()
        height = max(3.6, 1.6 + 0.3 * len(names)) if len(names) <= MOST_NAMED else 6.0
        with style.drawing(path, height=height) as (axes,):
            style.shade(axes, shares)
            places = range(len(names)) if len(names) <= MOST_NAMED else ()
            shown = [style.shortened(names[at], style.MOST_NAME) for at in places]
            axes.set_xticks(list(places), shown, rotation=60, ha="right", parse_math=False)
            axes.set_yticks(list(places), shown, parse_math=False)
            if len(names) <= MOST_NUMBERED:
                for row, column in np.argwhere(counts > 0).tolist():
                    color = "white" if shares[row, column] > 0.5 else style.INK
                    style.centred(axes, column, row, str(counts[row, column]), size=8, color=color)
            unnamed = f" ({len(names)} classes, in their order)" if not places else ""
            axes.set_xlabel(f"guessed{unnamed}", color=style.INK)
            axes.set_ylabel(f"true{unnamed}", color=style.INK)
            style.headline([axes], f"{title}: {self.right():.1%} right")
