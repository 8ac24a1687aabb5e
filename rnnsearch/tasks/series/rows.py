"""Rows that a person gives to a trained model, in a table in memory or a file, as Arrow columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.blocks import (
    batches,
    column_names,
    no_rows,
    place_of,
    without_blank_rows,
)
from rnnsearch.tasks.files.columns import listed
from rnnsearch.tasks.files.opened import is_parquet
from rnnsearch.tasks.frames import NA_HINT, frame_columns
from rnnsearch.tasks.series.config import SeriesConfig


@dataclass(frozen=True, eq=False)
class Given:
    """Rows in the order in which they were given.

    Attributes:
        columns: An Arrow record batch: the id, the time, and all columns that are read.
        times: The columns that hold the time; none where rows are taken in their order.
        path: The file that they stand in; None of a table in memory.
    """

    columns: Any
    times: tuple[str, ...]
    path: Path | None

    @property
    def time(self) -> str:
        """The columns of the time, for a message."""
        return ", ".join(self.times)

    @property
    def hint(self) -> str:
        """What empties cells that were not empty: pandas does, the reader of files does not."""
        return NA_HINT if self.path is None else ""

    def column(self, name: str) -> str:
        """A column's place, for a message."""
        return f"{self.path or 'the rows'}, column {name!r}"

    def row(self, row: int) -> str:
        """A row's place, for a message; rows are counted from 0."""
        if self.path is None:
            return f"row {row} (from 0)"
        return place_of(self.path, row, self.columns.schema.names, bool(self.times))

    def both(self, first: int, second: int) -> str:
        """The places of two rows, for a message."""
        if self.path is None:
            return f"rows {first} and {second} (from 0)"
        return f"{self.row(first)} and {self.row(second)}"

    def time_of(self, row: int) -> str:
        """The place of a row's time, for a message."""
        quoted = ", ".join(map(repr, self.times))
        if self.path is None:
            return f"the rows, column {quoted}: {self.row(row)}"
        return f"{self.row(row)}: the column {quoted}"


def given_rows(config: SeriesConfig, source: Any) -> Given:
    """The columns that a model reads of a file or a DataFrame.

    Args:
        source: The path of a CSV or Parquet file, or a DataFrame; their other columns are left
            alone.

    Raises:
        ModelError: A column of a DataFrame is absent or there twice, or it has no rows.
        DataError: The file cannot be read, has no rows, or lacks a column.
    """
    ids = [] if config.id is None else [config.id]
    read = list(dict.fromkeys([*ids, *config.time_columns, *config.columns, *config.coded]))
    path = source if isinstance(source, Path) else None
    table = pyarrow.table(frame_columns(source, read)) if path is None else _of_file(path, read)
    (columns,) = table.combine_chunks().to_batches()
    csv = path is None or not is_parquet(path)
    if config.time_columns and csv:  # as a file's reader; without times a blank row is a step too
        kept = without_blank_rows(columns, read)
        columns = kept if kept.num_rows else columns
    return Given(columns, config.time_columns, path)


def _of_file(path: Path, read: Sequence[str]) -> Any:
    """Some columns of a file as an Arrow table with at least one row."""
    names = column_names(path, read)
    absent = [name for name in read if name not in names]
    if absent:
        raise DataError(
            f"{path} has no column {', '.join(map(repr, absent))}; this model reads "
            f"{', '.join(read)}, and the {listed(names, absent[0])}"
        )
    blocks = [batch for batch in batches(path, read) if batch.num_rows]
    if not blocks:
        raise no_rows(path)
    return pyarrow.Table.from_batches(blocks)
