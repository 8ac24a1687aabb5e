"""What the columns of a table hold, by a look at its first rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from rnnsearch.errors import DataError
from rnnsearch.tasks.columns import family
from rnnsearch.tasks.series.table import batches, column_names, times_of

Kind = Literal["number", "time", "text", "empty", "other"]


def column_kinds(path: Path) -> dict[str, Kind]:
    """What the cells of each column look like in the file's first block, in order.

    A column of whole numbers is `number`, though it may be a time.

    Raises:
        DataError: The file cannot be read.
    """
    names = column_names(path)
    batch = next(batches(path, [], None, None, names), None)
    if batch is None or batch.num_rows == 0:
        raise DataError(f"{path} has names in its first line and no rows below.")
    found: dict[str, Kind] = {}
    for name in names:
        column = batch[name]
        kind = family(column.type)
        if kind == "empty" or column.null_count == len(column):
            found[name] = "empty"
        elif kind == "date" or (kind in ("text", "bytes") and _is_time(column.slice(0, 50))):
            found[name] = "time"
        elif kind in ("whole", "number", "boolean", "duration"):
            found[name] = "number"
        else:
            found[name] = "text" if kind in ("text", "bytes") else "other"
    return found


def _is_time(column: Any) -> bool:
    if column.null_count:
        return False
    try:
        return bool(times_of(column, "", 1).dtype.kind == "M")
    except DataError:
        return False
