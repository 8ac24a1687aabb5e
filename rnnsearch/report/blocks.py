"""What a section is made of; the template knows how each is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from rnnsearch.charts.chart import Chart
from rnnsearch.space.words import short

SHORT = 28
"""Signs up to which the text of a cell is never broken into lines."""
LONG = 60
"""Signs from which on it needs room for several words a line."""
NARROW = 44
"""Signs of a row on a telephone."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. With `warning` it stands out."""

    kind: ClassVar[str] = "text"
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Sentences, one below the other."""

    kind: ClassVar[str] = "list"
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts and numbers.

    Attributes:
        marked: Rows that stand out, by their place.
    """

    kind: ClassVar[str] = "table"
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""
    marked: Sequence[int] = ()

    def _widths(self) -> list[int]:
        """The longest text of each column, in signs."""
        cells = self.cells()
        return [max((len(row[at]) for row in cells), default=0) for at in range(len(self.heads))]

    def cells(self) -> list[list[str]]:
        """The text of each cell."""
        return [[_text(one) for one in row] for row in self.rows]

    def styles(self) -> list[str]:
        """How each column is set: `number`, `short` (in one line), `long` (kept wide where the page
        is not), or nothing of these."""
        return [
            "number" if number else "short" if size <= SHORT else "long" if size > LONG else ""
            for number, size in zip(self.numeric(), self._widths(), strict=True)
        ]

    def stacked(self) -> bool:
        """Whether a narrow page shows each row as lines: it has a text of several words, and does
        not fit."""
        wordy = any(style in ("", "long") for style in self.styles())
        return wordy and sum(self._widths()) > NARROW

    def named(self, column: int) -> bool:
        """Whether a cell of a stacked row says what it is: none of two, and not the last one where
        it takes a line for itself."""
        if column == 0 or len(self.heads) < 3:
            return False
        return column < len(self.heads) - 1 or self.styles()[column] in ("short", "number")

    def numeric(self) -> list[bool]:
        """Which columns hold numbers alone, and so are set flush right."""
        return [
            any(isinstance(row[at], (int, float)) for row in self.rows)
            and all(row[at] is None or isinstance(row[at], (int, float)) for row in self.rows)
            for at in range(len(self.heads))
        ]


def _text(value: object) -> str:
    """What a cell shows; counts have their thousands parted."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if whole else short(value)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart, with a line below it."""

    kind: ClassVar[str] = "chart"
    chart: Chart
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """Small charts side by side, as many as the page is wide."""

    kind: ClassVar[str] = "grid"
    charts: Sequence[Chart]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG."""

    kind: ClassVar[str] = "picture"
    png: bytes
    about: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy. Where it is `folded`, a click shows them."""

    kind: ClassVar[str] = "code"
    title: str
    lines: Sequence[str]
    folded: bool = False


Block: TypeAlias = Text | Listed | Table | Drawn | Grid | Picture | Code


@dataclass(frozen=True, slots=True)
class Filled:
    """A section with its contents.

    Attributes:
        problem: Why it has none, in a line; empty where it has; `trace` is where that happened.
    """

    anchor: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    problem: str = ""
    trace: str = ""
