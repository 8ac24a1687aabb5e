"""Columns of a table in memory (a pandas DataFrame) as Arrow arrays, as those of a file are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError

NA_HINT = (
    " pandas reads NA and the like as empty; read_csv(..., keep_default_na=False) leaves them."
)

CSV = "csv"
"""The key in the `attrs` of predictions under which the arguments of `to_csv` stand that write them
as the file was that they go on from."""


def frame_columns(frame: Any, wanted: Sequence[str]) -> dict[str, Any]:
    """Arrow arrays of the named columns of a DataFrame.

    A column may also be a level of the frame's index. One whose cells are of several kinds becomes
    text.

    Raises:
        ModelError: A column is missing or there twice, or the frame has no rows.
    """
    from rnnsearch.tasks.files.columns import listed

    given = [*map(str, frame.columns), *(str(one) for one in frame.index.names if one is not None)]
    absent = [name for name in wanted if name not in given]
    if absent:
        raise ModelError(
            f"the rows have no column {', '.join(map(repr, absent))}; this model reads "
            f"{', '.join(wanted)}, and the {listed(given, absent[0])}"
        )
    if not len(frame):
        raise ModelError("there are no rows; give at least one.")
    return {name: _array(_column(frame, name)) for name in wanted}


def text_cells(frame: Any, name: str) -> list[str]:
    """The texts of one column of a DataFrame, none of them empty.

    Raises:
        ModelError: The column is absent, has an empty cell, or was read as something else, which
            may have lost what was written (`007` is 7 then).
    """
    from rnnsearch.tasks.files.columns import family, in_words

    column = frame_columns(frame, [name])[name]
    kind = family(column.type)
    if kind not in ("text", "empty"):
        raise ModelError(
            f"the column {name!r} holds {in_words(column.type)}, not texts; read it as text: "
            f"read_csv(..., dtype={{{name!r}: str}})."
        )
    cells: list[str | None] = column.to_pylist()
    for row, cell in enumerate(cells):
        if cell is None:
            raise ModelError(f"row {row} (from 0) of the column {name!r} is empty.{NA_HINT}")
    return [cell for cell in cells if cell is not None]


def as_array(value: Any, symbolic: bool = False) -> NDArray[Any]:
    """Numbers as an array; the rows of a DataFrame are the time steps of one sequence.

    Args:
        symbolic: Whether they are symbols, which have no axis of features.

    Raises:
        ModelError: The value holds something else than numbers, or sequences of several lengths.
    """
    try:
        array = np.asarray(value)
        if array.dtype == object:
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(f"inputs must be numbers, sequences of one length: {error}.") from error
    if not is_frame(value):
        return array
    return array.T if symbolic and array.shape[1:] == (1,) else array[None]


def check_finite(value: Any) -> None:
    """Refuse inputs with cells that are empty or infinite, of which an answer would be as empty.

    Raises:
        ModelError: There is such a cell, or something else than numbers.
    """
    array = as_array(value)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        at = tuple(int(place[0]) for place in np.nonzero(~np.isfinite(array)))
        raise ModelError(
            f"the inputs hold no finite number at {list(at)} (sequence, time step, feature, from "
            "0); give one for each."
        )


def as_table(value: Any) -> Any:
    """What a request holds as a table: a column by its name, or a list of rows, becomes a
    DataFrame; all else stays as it is.

    Raises:
        ModelError: The columns have several lengths.
    """
    rows = isinstance(value, list | tuple) and value and isinstance(value[0], Mapping)
    if not rows and not isinstance(value, Mapping):
        return value
    import pandas

    if rows:
        return pandas.DataFrame.from_records(value)
    columns = {name: list(np.atleast_1d(cells)) for name, cells in value.items()}
    if len(set(map(len, columns.values()))) > 1:
        lengths = ", ".join(f"{name} {len(cells)}" for name, cells in columns.items())
        raise ModelError(f"the columns must have one length, not: {lengths}.")
    return pandas.DataFrame(columns)


def is_frame(value: Any) -> bool:
    """Whether a value is a table with named columns, as pandas has them."""
    return hasattr(value, "columns") and hasattr(value, "index")


def _column(frame: Any, name: str) -> Any:
    places = [at for at, column in enumerate(frame.columns) if str(column) == name]
    if len(places) > 1:
        raise ModelError(f"the rows have {len(places)} columns {name!r}; which one is meant?")
    if places:
        return frame.iloc[:, places[0]]
    return frame.index.get_level_values(name).to_series()


def _array(column: Any) -> Any:
    import pandas
    import pyarrow

    if isinstance(column.dtype, pandas.PeriodDtype):
        column = column.dt.to_timestamp()
    if isinstance(column.dtype, pandas.DatetimeTZDtype):
        column = column.dt.tz_convert(None)  # in UTC, as files with a zone are read
    try:
        return pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowException, TypeError):
        # Cells of several kinds, as `read_csv` leaves them where a column changes in a long file.
        pairs = zip(column.tolist(), column.isna().tolist(), strict=True)
        cells = [None if missing else str(cell) for cell, missing in pairs]
        return pyarrow.array(cells, pyarrow.string())
