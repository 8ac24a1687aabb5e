"""The training, validation and test parts of data: their sizes, and their places by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from rnnsearch.tasks.base import Part
from rnnsearch.vocabulary import Range

COLUMN = (
    "A column that says train, val or test in each row, or training, valid, validation, dev or "
    "testing. The shares then do nothing, but for `val` where no row says val: so much of the "
    "training part becomes the validation part."
)
"""What the key `split.column` is, of every table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig:
    """Shares of the data; they sum to 1. A part of share 0 does not exist."""

    train: Annotated[
        float, "Models and baselines are fitted on it.", Range(above=0, most=10_000_000_000)
    ] = 0.8
    val: Annotated[float, "The study selects on it.", Range(0, 10_000_000_000)] = 0.1
    test: Annotated[float, "Scored once.", Range(0, 10_000_000_000)] = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSplitConfig(SplitConfig):
    """Parts by position in time, the training part first; of a panel, of each series by itself.

    Of a table all three may also be numbers of rows.
    """

    train: float = 0.7
    val: float = 0.15
    test: float = 0.15
    gap: Annotated[
        int,
        "Rows left out before the validation and before the test part.",
        Range(0, 10_000_000_000, unit="rows"),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSplitConfig(SplitConfig):
    """Shares of the data, or a column of the table that says the part of each row."""

    column: Annotated[str | None, COLUMN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTimeSplitConfig(TimeSplitConfig):
    """Parts by position in time, or a column of the table that says the part of each row.

    Otherwise as `TimeSplitConfig`.
    """

    column: Annotated[str | None, COLUMN] = None


def column_of(split: SplitConfig) -> str | None:
    """The column that says the part of each row; None where shares or files do."""
    return split.column if isinstance(split, TableSplitConfig | TableTimeSplitConfig) else None


def sizes_of(split: SplitConfig) -> dict[Part, float]:
    """The share, or the number of rows, of each part whose size is not 0."""
    sizes: dict[Part, float] = {"train": split.train, "val": split.val, "test": split.test}
    return {part: size for part, size in sizes.items() if size}


def bounds_of(split: SplitConfig, count: int) -> dict[Part, tuple[int, int]]:
    """The first row of each part that exists and the row after its last, of `count` rows.

    Shares are of the rows without the gaps. Where sizes are numbers of rows, rows beyond all parts
    belong to none.
    """
    sizes, gap = sizes_of(split), split.gap if isinstance(split, TimeSplitConfig) else 0
    rows = count - gap * (len(sizes) - 1)
    by_share = abs(sum(sizes.values()) - 1) < 1e-6
    bounds: dict[Part, tuple[int, int]] = {}
    start, total = 0, 0.0
    for number, (part, size) in enumerate(sizes.items()):
        total += size
        within = int(total * rows + 1e-6) if by_share else int(total)
        if by_share and number == len(sizes) - 1:
            within = rows
        end = within + number * gap
        bounds[part] = (start, end)
        start = end + gap
    return bounds


def split_problems(
    split: SplitConfig, needed: Sequence[Part], rows: bool = False
) -> list[tuple[str, str]]:
    """What is wrong with a split, in pairs as `Family.wrong` gives them.

    Args:
        needed: Parts that the task cannot do without.
        rows: Whether sizes may also be numbers of rows.
    """
    sizes: dict[Part, float] = {"train": split.train, "val": split.val, "test": split.test}
    mistakes = [
        (f"split.{part}", f"must be a share from 0 to 1, not {size}.")
        for part, size in sizes.items()
        if size > 1 and not rows
    ]
    if mistakes:
        return mistakes
    why: dict[Part, str] = {
        "train": "a model is fitted on it",
        "val": "the search selects on it",
        "test": "the champion is scored on it",
    }
    mistakes.extend(
        (f"split.{part}", f"must be above 0: {why[part]}.") for part in needed if sizes[part] == 0
    )
    total = sum(sizes.values())
    if abs(total - 1) < 1e-6 or (rows and all(float(size).is_integer() for size in sizes.values())):
        return mistakes
    hint = " Numbers of rows are whole, all three." if rows else ""
    complaint = f"sums to {total:g}; the shares of train, val and test sum to 1.{hint}"
    return [*mistakes, ("split", complaint)]
