"""What `init` inferred of a table, before it is written into a space file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnsearch.tasks.files.survey import Column


@dataclass(slots=True)
class TableFindings:
    """What was inferred of a table, added step by step.

    Attributes:
        columns: Every column of the file by name.
        time: Columns that hold the time together; empty where the order of the rows stands for it.
        id: The column that tells several series apart; None for a single series.
        targets: Columns to forecast.
        past: Columns of numbers that are known up to the last row.
        known: Columns of numbers that are known for the rows to forecast too, as holidays are.
        categories: Columns of texts that are categories.
        known_categories: Those of them that are known ahead.
        static: Columns of a panel, numbers and categories, that have one value in each series.
        calendar: Inputs that are made from the dates, as in `task.calendar`.
        uneven: Whether the time between rows is to be an input, since many steps are unusual.
        left: Columns that are left out, and why.
        notes: What was read in a certain way and what was done to rows, in sentences for a person.
        unsure: Questions that only a person can answer, each with the option that does.
        others: What else the table may be, each with the command that takes it so.
        open_time: A column of dates that leave day and month open; empty for none.
        problem: Why nothing can be forecast as it stands; empty where it can.
        step: The usual time between two rows, in words.
        rows: Rows of the shortest series that is not left out.
        all_rows: Rows of all series that are not left out.
        series: How many series are not left out.
        period: Rows of a season; 1 for none.
        correlation: Autocorrelation of the first series at that period.
        missing: What is done about empty cells, as in `task.missing`.
        skip_series: Series that are left out, since their targets never change.
        min_rows: Series of fewer rows are left out; 0 for none.
        folds: Folds in which series are held out, since they are too short for a validation part;
            0 for none.
    """

    columns: Mapping[str, Column]
    time: tuple[str, ...] = ()
    id: str | None = None
    targets: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    known_categories: list[str] = field(default_factory=list)
    static: list[str] = field(default_factory=list)
    calendar: list[str] = field(default_factory=list)
    uneven: bool = False
    left: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    open_time: str = ""
    problem: str = ""
    step: str = "a row"
    rows: int = 0
    all_rows: int = 0
    series: int = 1
    period: int = 1
    correlation: float = 0.0
    missing: str = "error"
    skip_series: list[str] = field(default_factory=list)
    min_rows: int = 0
    folds: int = 0
