"""A picture of events over time, beside how likely a model held each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_STEPS = 160
"""Time steps of a picture; of a longer sequence the first ones are shown."""

MOST_NAMED = 30
"""Events up to which each has its name at the axis."""

SEEN = 0.05
"""A chance from which on an event that never happened has a row in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class PianoRoll:
    """Events that happened, and their probabilities one time step before.

    Attributes:
        events: 0 and 1, [time steps, events].
        chances: [time steps, events].
        names: Of the events; empty where they are numbered.
    """

    events: NDArray[Any]
    chances: NDArray[Any]
    names: Sequence[str] = ()

    def rows(self) -> tuple[int, int]:
        """The first and the last-plus-one event that has a row: those outside never happened and
        were never likely."""
        seen = np.flatnonzero((self.events > 0).any(axis=0) | (self.chances > SEEN).any(axis=0))
        if not len(seen):
            return 0, self.events.shape[1]
        return max(0, int(seen[0]) - 1), min(self.events.shape[1], int(seen[-1]) + 2)

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; what happened stands as dots on the probabilities."""
        steps = min(len(self.events), MOST_STEPS)
        low, high = self.rows()
        events, chances = self.events[:steps, low:high], self.chances[:steps, low:high]
        more = f", the first {steps:,} of {len(self.events):,} steps" * (steps < len(self.events))
        height = min(6.5, max(3.4, 1.4 + 0.11 * (high - low)))
        with style.drawing(path, height=height) as (axes,):
            extent = (0.5, steps + 0.5, low - 0.5, high - 0.5)
            image = style.shade(
                axes, chances.T, origin="lower", interpolation="nearest", extent=extent
            )
            step, event = np.nonzero(events > 0)
            axes.plot(
                *(step + 1, event + low),
                "o",
                color=style.ORANGE,
                markersize=max(1.6, min(4.5, 420 / max(steps, 1), 140 / max(high - low, 1))),
                markeredgecolor="white",
                markeredgewidth=0.4,
                label="what happened",
            )
            axes.set_xlabel("time step", color=style.INK)
            axes.set_ylabel("event", color=style.INK)
            if self.names and high - low <= MOST_NAMED:
                shown = [style.shortened(name, style.MOST_NAME) for name in self.names[low:high]]
                axes.set_yticks(range(low, high), shown, parse_math=False)
                axes.set_ylabel("")
            style.whole_numbers(axes)
            bar = axes.figure.colorbar(image, ax=axes, fraction=0.035, pad=0.015)
            bar.set_label("chance, said one step before", color=style.INK)
            bar.outline.set_visible(False)
            style.heading(axes, title + more)
