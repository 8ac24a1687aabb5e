"""The picture of a tiny text: what a network wrote after every epoch of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.figures import style
from rnnsearch.figures.curves import Axis, mark_kept, plot_curves
from rnnsearch.figures.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_ROWS, MOST_ROWS = 8, 14
"""How many epochs are shown, where a training has so many."""


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """What a network wrote after every epoch, and the curves of its training.

    Attributes:
        written: By epoch what the network wrote, one letter for each of `following`.
        read: The letters that it read.
        following: The letter that follows each of them in the text.
        curves: At most six, by name and then by epoch.
        kept: The epoch whose weights are the model.
    """

    written: Mapping[int, str]
    read: str
    following: str
    curves: Mapping[str, Mapping[int, float]]
    kept: int

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`.

        Each epoch has a row and each place of the text a column; right letters stand on blue and
        wrong ones on orange.
        """
        written, kept = self.written, self.kept
        epochs = shown_epochs(written, kept)
        height = max(2.6, 0.7 + 0.15 * len(epochs))
        with style.drawing(path, 2, height=height) as (above, below):
            _rows(above, {each: written[each] for each in epochs}, self.read, self.following, kept)
            style.heading(above, title)
            plot_curves(below, Axis("", self.curves))
            mark_kept(below, kept)
            below.set_xlabel("epoch", color=style.INK)
            style.heading(below, "Its training")


def shown_epochs(written: Mapping[int, str], kept: int) -> list[int]:
    """The epochs that have a row in the picture.

    These are the first, the last and the kept one, and those at which the letters changed: where
    there are more than `MOST_ROWS`, some of these, evenly spread; where there are fewer than
    `LEAST_ROWS`, others beside them.
    """
    epochs = sorted(written)
    changed = [epoch for before, epoch in pairwise(epochs) if written[before] != written[epoch]]
    always = {epochs[0], epochs[-1], *([kept] if kept in written else [])}
    others = _spread([epoch for epoch in changed if epoch not in always], MOST_ROWS - len(always))
    shown = always | set(others)
    return sorted(shown | set(_spread(sorted(set(epochs) - shown), LEAST_ROWS - len(shown))))


def _spread(epochs: list[int], most: int) -> list[int]:
    """At most `most` of some epochs, evenly spread."""
    if len(epochs) <= most:
        return epochs
    return [epochs[round((at + 0.5) * len(epochs) / most - 0.5)] for at in range(max(0, most))]


def _rows(axes: Axes, written: Mapping[int, str], read: str, following: str, kept: int) -> None:
    """Draw the rows of letters; arguments as of `Letters`."""
    axes.grid(visible=False)
    for row, word in enumerate(written.values()):
        for place, letter in enumerate(word):
            right = place < len(following) and letter == following[place]
            corner = (place - 0.46, row - 0.43)
            _cell(axes, corner, style.BLUE if right else style.ORANGE, 0.22 if right else 0.35)
            style.centred(axes, place, row, visible(letter), size=9)
    axes.set_xlim(-0.6, len(following) - 0.4)
    axes.set_ylim(len(written) - 0.4, -0.6)
    pairs = [f"{visible(one)}\n{visible(two)}" for one, two in zip(read, following, strict=True)]
    axes.set_xticks(range(len(following)), pairs, parse_math=False)
    axes.set_yticks(
        range(len(written)), [f"{epoch}{' (kept)' if epoch == kept else ''}" for epoch in written]
    )
    axes.tick_params(length=0)
    axes.set_xlabel("the letter that was read, and below it the one that follows", color=style.INK)
    axes.set_ylabel("epoch", color=style.INK)
    for color, strength, name in ((style.BLUE, 0.22, "right"), (style.ORANGE, 0.35, "wrong")):
        axes.plot([], [], "s", color=color, alpha=strength, markersize=9, label=name)


def _cell(axes: Axes, corner: tuple[float, float], color: str, strength: float) -> None:
    """Colour the place of a letter.

    Args:
        corner: Its lower corner, in units of the axes.
        strength: From 0, which is white, to 1.
    """
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle(corner, 0.92, 0.86, color=color, alpha=strength, linewidth=0))
