"""Sequences of binary vectors, read from the arrays of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.arrays import read_arrays

NAMES: dict[Part, tuple[str, ...]] = {
    "train": ("train", "traindata"),
    "val": ("val", "valid", "validdata", "valdata"),
    "test": ("test", "testdata"),
}
"""The names under which the sequences of each part may stand in a file."""


def read_parts(
    raw: bytes, path: Path, needed: Sequence[Part]
) -> dict[Part, list[NDArray[np.uint8]]]:
    """The sequences of each part of a file, each uint8 (time steps, events) of 0 and 1.

    Args:
        raw: The file's content.
        path: Its path, for the ending and for messages.
        needed: The parts that it must hold.

    Raises:
        DataError: It cannot be read, lacks a part that is needed, or holds anything but 0 and 1.
    """
    arrays = read_arrays(raw, path)
    parts: dict[Part, list[NDArray[np.uint8]]] = {}
    for part, names in NAMES.items():
        name = next((name for name in names if name in arrays), None)
        if name is not None:
            parts[part] = _sequences(arrays, name, path)
        elif part in needed:
            raise DataError(
                f"{path} holds no {' or '.join(names)}; it holds {', '.join(arrays) or 'nothing'}."
            )
    widths = {part: sequences[0].shape[1] for part, sequences in parts.items()}
    if len(set(widths.values())) > 1:
        shown = ", ".join(f"{width} in {part}" for part, width in widths.items())
        raise DataError(f"{path}: the parts have different numbers of events: {shown}.")
    return parts


def _sequences(arrays: Mapping[str, Any], name: str, path: Path) -> list[NDArray[np.uint8]]:
    array, lengths = arrays[name], arrays.get(f"{name}_lengths")
    if array.dtype == object:
        matrices = [np.asarray(one) for one in array.ravel()]
    elif lengths is not None and array.ndim == 2:
        ends = np.cumsum(np.asarray(lengths).ravel())
        if not len(ends) or ends[-1] != len(array):
            raise DataError(
                f"{path}: {name}_lengths sums to {ends[-1] if len(ends) else 0}, and {name} has "
                f"{len(array)} steps."
            )
        matrices = np.split(array, ends[:-1].astype(np.int64))
    elif array.ndim == 3:
        matrices = list(array)
    else:
        raise DataError(
            f"{path}: {name} has shape {array.shape}; it must be a cell or object array of "
            f"matrices (steps, events), or one matrix of all steps beside {name}_lengths."
        )
    if not matrices:
        raise DataError(f"{path}: {name} holds no sequence.")
    return [_binary(matrix, f"{path}: {name}[{at}]") for at, matrix in enumerate(matrices)]


def _binary(matrix: NDArray[Any], place: str) -> NDArray[np.uint8]:
    if matrix.ndim != 2 or len(matrix) < 2 or matrix.shape[1] < 1:
        raise DataError(
            f"{place} has shape {matrix.shape}; it must be (steps, events) with at least 2 steps."
        )
    if matrix.dtype.kind not in "biuf" or not np.isin(matrix, (0, 1)).all():
        raise DataError(f"{place} holds values other than 0 and 1.")
    return matrix.astype(np.uint8)
