"""A picture of texts whose symbols are shaded by how likely a model held each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, log2
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.figures import style
from rnnsearch.figures.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 84
"""Symbols of a row."""

MOST_ROWS = 8
"""Rows of one text; what does not fit is left out."""

MOST_BITS = 8.0
"""The surprise in bits that has the strongest shade: a likelihood of 1/256 or less."""

STRONGEST = 0.75
"""How much of its colour the strongest shade has, so that letters on it stay easy to read."""


@dataclass(frozen=True, slots=True, eq=False)
class Shaded:
    """One text.

    Attributes:
        name: What it is, such as how it was drawn.
        symbols: As people read them, one or more characters each.
        chances: How likely the model held each symbol after those before it; NaN of a symbol that
            was given.
    """

    name: str
    symbols: Sequence[str]
    chances: Sequence[float]

    def bits(self) -> float:
        """The mean surprise in bits a symbol, of those that were not given."""
        known = [surprise(one) for one in self.chances if isfinite(one)]
        return sum(known) / len(known) if known else float("nan")

    def rows(self, columns: int) -> Iterator[list[tuple[str, float]]]:
        """Symbols with their likelihoods, in rows that end where a line ends or is full.

        Args:
            columns: Symbols of a full row.
        """
        row: list[tuple[str, float]] = []
        for symbol, chance in zip(self.symbols, self.chances, strict=True):
            row.append((symbol, chance))
            if symbol == "\n" or len(row) == columns:
                yield row
                row = []
        if row:
            yield row


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Several texts, one below the other.

    Attributes:
        texts: At least one.
        about: What the shades of all of them mean, as a line.
    """

    texts: Sequence[Shaded]
    about: str

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; each symbol has a cell, in the order of the text."""
        most = MOST_ROWS if len(self.texts) > 1 else 2 * MOST_ROWS
        blocks = [(text, _cut(list(text.rows(COLUMNS)), most)) for text in self.texts]
        rows = sum(len(block) + 1.7 for _, block in blocks)
        with style.drawing(path, height=0.95 + 0.155 * rows) as (axes,):
            axes.set_axis_off()
            top = 0.0
            for text, block in blocks:
                bits = text.bits()
                measured = f": {bits:.2f} bits a symbol" if isfinite(bits) else ""
                axes.text(
                    *(-0.5, top + 0.2),
                    f"{text.name}{measured}",
                    fontsize=9,
                    weight="bold",
                    color=style.INK,
                    va="center",
                )
                _block(axes, block, top + 1.3)
                top += len(block) + 1.7
            axes.set_xlim(-0.5, COLUMNS - 0.5)
            axes.set_ylim(rows + 0.3, -2.2)
            _scale(axes)
            axes.set_title(style.wrapped(title), loc="left", fontsize=12, color=style.INK, pad=8)
            axes.text(
                *(COLUMNS - 31, -1.6),
                self.about,
                fontsize=8,
                ha="right",
                va="center",
                color=style.INK,
            )


def surprise(chance: float) -> float:
    """The surprise about a symbol in bits, at most `MOST_BITS`."""
    return min(MOST_BITS, -log2(chance)) if chance > 0 else MOST_BITS


def strength(chance: float) -> float:
    """How strong the shade of a symbol is, from 0 where it was certain or given."""
    return STRONGEST * surprise(chance) / MOST_BITS if isfinite(chance) else 0.0


def _cut(rows: list[list[tuple[str, float]]], most: int) -> list[list[tuple[str, float]]]:
    """At most so many rows, the last of which says that there were more."""
    if len(rows) <= most:
        return rows
    last = [*rows[most - 1][: COLUMNS - 1], ("…", float("nan"))]
    return [*rows[: most - 1], last]


def _block(axes: Axes, rows: Sequence[Sequence[tuple[str, float]]], top: float) -> None:
    """Draw the rows of a text; a symbol that was given is grey.

    The shades of all its symbols are one image, which costs a hundredth of as many cells.

    Args:
        top: Where the first row stands.
    """
    from matplotlib.colors import to_rgb

    if not rows:
        return
    shades = np.zeros((len(rows), COLUMNS, 4))
    shades[..., :3] = to_rgb(style.ORANGE)
    for at, row in enumerate(rows):
        for x, (symbol, chance) in enumerate(row):
            strong = shades[at, x, 3] = strength(chance)
            shown = visible(symbol)
            sign = shown != symbol or not isfinite(chance)
            color = style.GREY if sign and strong < 0.3 else style.INK
            size = 7.5 if len(shown) == 1 else 4.2
            style.centred(axes, x, top + at, shown, size=size, color=color)
    extent = (-0.5, COLUMNS - 0.5, top + len(rows) - 0.5, top - 0.5)
    axes.imshow(shades, extent=extent, aspect="auto", interpolation="nearest")


def _scale(axes: Axes) -> None:
    """Draw what the shades mean, at the upper right."""
    from matplotlib.patches import Rectangle

    for at, chance in enumerate((1.0, 1 / 4, 1 / 16, 1 / 64, 1 / 256)):
        x, wide = COLUMNS - 30 + 5.0 * at, 9.5 if at == 4 else 5.0
        cell = Rectangle((x, -2.1), wide, 1.0, color=style.ORANGE, alpha=strength(chance))
        cell.set_linewidth(0)
        axes.add_patch(cell)
        words = "1" if chance == 1 else f"1/{round(1 / chance)}{' or less' if at == 4 else ''}"
        style.centred(axes, x + wide / 2, -1.6, words, size=7)
