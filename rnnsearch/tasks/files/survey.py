"""What each column of a table holds, by all of its rows; `init` makes a space file of that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.blocks import column_names, no_rows, schema
from rnnsearch.tasks.files.columns import Family, cast, family, in_words, texts
from rnnsearch.tasks.files.forms import Sample, Wanted, rows_of
from rnnsearch.tasks.files.opened import is_parquet
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.time_evidence import TimeEvidence
from rnnsearch.tasks.files.written.times import TimeForm

Kind = Literal["number", "time", "clock", "text", "empty", "other"]


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a table holds.

    Attributes:
        name: The column's name.
        kind: `number` for what can be read as numbers, `time` for dates and moments, `clock` for
            times of day, `text` for other texts, `other` for what cannot be read.
        why: In words, what a column that is neither of numbers nor of times holds; else empty.
        open: In words, what the cells leave open, with the key that decides it; empty for nothing.
        counts: Whether the cells count the rows, as an index does that was saved with them.
    """

    name: str
    kind: Kind
    why: str = ""
    open: str = ""
    counts: bool = False


class _Counter:
    """Finds out whether cells go up, or down, by one from row to row.

    Attributes:
        counts: Whether all cells so far go up by one, or all go down by one.
    """

    def __init__(self) -> None:
        self.counts, self._step = True, 0  # the first difference; 0 before one
        self._last: int | None = None  # the last cell of the block before

    def add(self, column: Any) -> None:
        """Look at the next block of the column."""
        if not self.counts or not len(column):
            return
        whole = cast(column, pyarrow.int64())
        if whole is None or whole.null_count:
            self.counts = False
            return
        cells = whole.to_numpy(zero_copy_only=False)
        steps = np.diff(cells if self._last is None else np.concatenate([[self._last], cells]))
        if len(steps):
            self._step = self._step or int(steps[0])
            self.counts = abs(self._step) == 1 and bool((steps == self._step).all())
        self._last = int(cells[-1])


def survey(
    path: Path, decimal: str | None = None, date_format: str | None = None
) -> dict[str, Column]:
    """What every column of a table holds, by name, in the order of the columns.

    Args:
        decimal: The decimal sign that the user named, if any.
        date_format: The order or pattern of dates that the user named, if any.

    Raises:
        DataError: The file cannot be read, or has no rows.
    """
    names = column_names(path)
    kinds: dict[str, Any] = {}
    if is_parquet(path):
        kinds = {name: schema(path).field(name).type for name in names}
    families: dict[str, Family] = {
        name: family(kinds[name]) if name in kinds else "text" for name in names
    }
    numbers = {name: NumberEvidence() for name in names if families[name] in ("text", "bytes")}
    times = {name: TimeEvidence() for name in names if families[name] in ("text", "bytes", "whole")}
    counters = {name: _Counter() for name in names if families[name] in ("text", "whole")}
    filled: set[str] = set()
    rows = 0
    for batch in rows_of(path, Wanted(time=tuple(names))):
        rows += batch.num_rows
        for name in names:
            column = batch[name]
            if column.null_count < len(column):
                filled.add(name)
            if name in counters:
                counters[name].add(column)
            if name not in times:
                continue
            try:
                cells = texts(column, f"{path}, column {name!r}")
            except DataError:
                if families[name] != "bytes":
                    raise
                del times[name], numbers[name]  # the bytes are no text
                families[name] = "nested"
                continue
            times[name].add(cells)
            if name in numbers:
                numbers[name].add(cells)
    if not rows:
        raise no_rows(path)
    sign = Sample(path).decimal if numbers else ""
    columns = {}
    for name in names:
        if name in numbers:
            columns[name] = _of_texts(name, numbers[name], times[name], decimal, date_format, sign)
        elif name not in filled or families[name] == "empty":
            columns[name] = Column(name, "empty", "is empty")
        else:
            columns[name] = _typed(name, families[name], kinds[name], times.get(name))
        if (
            columns[name].kind == "number"
            and name in counters
            and counters[name].counts
            and rows > 2
        ):
            columns[name] = replace(columns[name], counts=True)
    return columns


def _of_texts(
    name: str,
    numbers: NumberEvidence,
    times: TimeEvidence,
    decimal: str | None,
    date_format: str | None,
    sign: str,
) -> Column:
    """What a column of texts holds.

    Args:
        numbers: What its cells show of numbers.
        times: What its cells show of times.
        sign: The decimal sign that the table's columns show, empty for none.
    """
    if numbers.empty:
        return Column(name, "empty", "is empty")
    dated = None if times.clock or (date_format and "%" in date_format) else date_format
    time = times.form(dated)
    number = numbers.form(decimal or "", sign)
    if isinstance(time, TimeForm) and time.shape not in ("number", "clock"):
        why = f"{times.gaps:,} rows have no time" if times.gaps else ""
        return Column(name, "time", why) if not why else Column(name, "text", why)
    if isinstance(time, str) and "task.date_format" in time:
        return Column(name, "time", open=time)
    if not isinstance(number, str):
        return Column(name, "number")
    if "task.decimal" in number:
        return Column(name, "number", open=number)
    if isinstance(time, TimeForm) and time.shape == "clock":
        return Column(name, "clock", "holds times of day")
    if date_format is not None and "%" in date_format and times.fits(date_format):
        return Column(name, "time")
    return Column(name, "text", number.replace("must hold numbers, not", "holds"))


def _typed(name: str, kind: Family, arrow: Any, times: TimeEvidence | None) -> Column:
    """What a column of a Parquet file that is no text holds, by its type.

    Args:
        arrow: The Arrow type, of the family `kind`.
        times: Of whole numbers, what they show of dates such as 20241231.
    """
    if kind == "date":
        return Column(name, "time")
    if kind == "clock":
        return Column(name, "clock", "holds times of day")
    if times is not None:
        form = times.form()
        if isinstance(form, TimeForm) and form.shape.startswith("compact"):
            return Column(name, "time")
    if kind in ("whole", "number", "boolean", "duration"):
        return Column(name, "number")
    return Column(name, "other", f"holds {in_words(arrow)}")
