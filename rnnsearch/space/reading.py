"""What was inferred of a table, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnsearch.tasks.files.survey import Column


@dataclass(slots=True)
class Reading:
    """What was inferred of a table.

    Attributes:
        columns: All of them.
        time: Columns that hold the time together; empty for the order of the rows.
        left: Columns that are left out, and why.
        said: What was read in a certain way, and what was done to rows.
        unsure: What the user should say, with the option that says it.
        open_time: A column of dates that leave day and month open; empty for none.
        problem: Why nothing can be forecast as it stands; empty where it can.
        step: The usual time between two rows, in words.
        rows: Of the shortest series.
        period: Rows of a season; 1 for none.
        missing: As `task.missing`.
        skip_series: Series that teach nothing.
        min_rows: Shorter series are left out; 0 for none.
    """

    columns: Mapping[str, Column]
    time: tuple[str, ...] = ()
    id: str | None = None
    targets: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
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
