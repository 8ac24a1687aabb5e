"""What a trained network reads and answers in a person's own units, as plain values.

`export` makes files of these. Axes: B sequences, T time steps, F features, O outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers (B, T, F), which the network reads as `(x - center) / scale`."""

    names: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """Whole numbers (B, T) from 0 on, each the place of a symbol.

    Attributes:
        names: The symbols: characters, the values of bytes, or the numbers themselves.
        unknown: The number of every symbol that has none of its own; None where there is none.
        note: What is done to a text before, as a sentence; empty for nothing.
    """

    names: tuple[str | int, ...]
    unknown: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of a table (B, T, F), of one or many series.

    The first features are `measured` columns, the first `targets` of which are those to forecast.

    Attributes:
        names: Of the features.
        meanings: What those are that are no columns of the table as they stand; else empty.
        series: The names of the series; a sequence says by the place of its name which one it is
            of. Empty where all rows are scaled alike.
        center: What is taken off each feature, a row a series (one row without series).
        scale: What each feature is then divided by, likewise.
        transform: What is done to the targets before they are scaled.
        flags: Before which feature stand those that say which measured cells are empty (NaN, which
            the network reads as 0); None where none may be.
        picked: Where targets are forecast each by itself, the features that each one's network
            reads, flags counted; else empty.
        anchor: `end`: the network reads its targets as changes against the last row, and answers
            changes against it; `row`: it answers changes against the row that it reads.
        segment: How many rows a network reads at one time step.
    """

    names: tuple[str, ...]
    targets: int
    measured: int
    series: tuple[str, ...]
    center: tuple[tuple[float, ...], ...]
    scale: tuple[tuple[float, ...], ...]
    transform: Literal["none", "sqrt1p", "log1p"] = "none"
    flags: int | None = None
    picked: tuple[tuple[int, ...], ...] = ()
    anchor: Literal["none", "end", "row"] = "none"
    segment: int = 1
    meanings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Numbers, which are the outputs as `output * scale + center`."""

    names: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """The probability of each class: the softmax of the outputs.

    Attributes:
        named: Whether the names are more than the numbers of the classes.
    """

    names: tuple[str | int, ...]
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """The probability of each of some events that may come together: the sigmoid of each output."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Intervals around forecasts, calibrated on data that the network never learned from.

    Attributes:
        level: The share of the truth that they hold.
        margins: By how much they grow on either side, a row a series, of each row ahead, of each
            target; in the units of the target where its transform is undone.
        quantiles: Between which of the forecast's quantiles they lie before they grow, by their
            places; None where that is the forecast itself.
    """

    level: float
    margins: tuple[tuple[tuple[float, ...], ...], ...]
    quantiles: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The targets of the rows that follow, in the units of the table.

    Attributes:
        rows: How many rows the network answers at once.
        whole: Whether it answers once, at the end of the rows that it is given; else at each row
            for the row that follows.
        quantiles: In ascending order; none forecasts a number alone.
        intervals: None where none were asked for.
    """

    table: Table
    rows: int
    whole: bool
    quantiles: tuple[float, ...] = ()
    intervals: Intervals | None = None


Reads = Numbers | Symbols | Table
Answers = Values | Classes | Chances | Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What a network reads and answers.

    Attributes:
        lengths: Whether sequences are of different lengths, filled up behind their ends.
        no_stream: Why nothing can be answered time step by time step; empty where it can.
        note: What a person must know beside, as sentences.
    """

    reads: Reads
    answers: Answers
    lengths: bool = False
    no_stream: str = ""
    note: str = ""


def plain_numbers(count: int, prefix: str = "x") -> Numbers:
    """Numbers without names that are read as they are."""
    return Numbers(names=numbered(prefix, count), center=(0.0,) * count, scale=(1.0,) * count)


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    """Names of things that have none: `x`, or `x0`, `x1`, ..."""
    return (prefix,) if count == 1 else tuple(f"{prefix}{at}" for at in range(count))
