"""Numbers, texts or truth values of numpy, torch, pandas or Python as plain arrays of numpy."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError


def plain_array(value: Any, name: str, *, table: bool = True) -> NDArray[Any]:
    """An array as a file of arrays has it: of numbers, texts or truth values, in native bytes.

    Args:
        name: What it is, for messages.
        table: Whether a data frame may be given.

    Raises:
        DataError: It is something else, or lacks a value.
    """
    if hasattr(value, "detach"):  # a tensor, maybe on a GPU or of a type that numpy lacks
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    if hasattr(value, "columns") and not table:
        raise DataError(
            f"Arrays: {name} is one data frame, of which it is not clear what a sequence is. Give "
            "a list of data frames, one a sequence, with a row a time step; or x.to_numpy(), if "
            "each row is a sequence. A table with an id column is read from a file: "
            "`task: {type: series}` or `{type: labels}`."
        )
    if np.ma.is_masked(value):
        raise DataError(
            f"Arrays: {name} has masked values. Fill them in, or say with lengths where sequences "
            "end."
        )
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"Arrays: {name} cannot be read as an array: {error}.") from error
    if array.dtype == object:  # as pandas gives texts, and columns of several kinds
        return _of_objects(array, value, name)
    if array.dtype == np.longdouble:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _of_objects(array: NDArray[Any], value: Any, name: str) -> NDArray[Any]:
    """Python objects that are all texts, all truth values, or all numbers."""
    flat = array.ravel().tolist()
    missing = next((at for at, one in enumerate(flat) if _is_missing(one)), None)
    if missing is not None:
        raise DataError(
            f"Arrays: {name} lacks a value {_place(array, missing, value)}. Fill it in."
        )
    if all(isinstance(one, str) for one in flat):
        return array.astype(np.str_)
    if all(isinstance(one, bool | np.bool_) for one in flat):
        return array.astype(np.bool_)
    whole = all(isinstance(one, Integral) for one in flat)
    try:
        return array.astype(np.int64 if whole else np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        strange = next((at for at, one in enumerate(flat) if not isinstance(one, int | float)), 0)
        raise DataError(
            f"Arrays: {name} holds Python objects that are no numbers, {flat[strange]!r} "
            f"{_place(array, strange, value)}. Sequences of unequal length are a list of arrays; "
            "texts and dates have to be made numbers."
        ) from error


def _is_missing(one: Any) -> bool:
    """Whether an object is None, or pandas' word for a missing value."""
    return one is None or type(one).__name__ in ("NAType", "NaTType")


def _place(array: NDArray[Any], at: int, value: Any) -> str:
    """Where an object stands, with the name of the column where there is one."""
    place = np.unravel_index(at, array.shape)
    columns = getattr(value, "columns", None)
    if columns is not None and array.ndim == 2:
        return f"in row {place[0]} (from 0) of the column {columns[place[1]]}"
    return f"at {', '.join(map(str, place))} (from 0)"
