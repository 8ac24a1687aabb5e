"""A picture of events over time, beside how likely a model held each of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.figures import style

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PianoRoll:
    """Events that happened, and their probabilities one time step before.

    Attributes:
        events: 0 and 1, [time steps, events].
        chances: [time steps, events].
    """

    events: NDArray[Any]
    chances: NDArray[Any]

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; above what happened, below the probabilities."""
        with style.drawing(path, rows=2, height=3.2) as (above, below):
            for axes, values, name in (
                (above, self.events, "what happened"),
                (below, self.chances, title),
            ):
                style.shade(axes, values.T, origin="lower", interpolation="nearest")
                axes.set_xlabel("step", color=style.INK)
                axes.set_ylabel("event", color=style.INK)
                style.heading(axes, name)
