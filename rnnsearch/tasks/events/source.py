"""Sequences of binary vectors out of `.mat` and `.npz` files; nothing in them is run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.lib import format as npy

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES: dict[Part, tuple[str, ...]] = {
    "train": ("train", "traindata"),
    "val": ("val", "valid", "validdata", "valdata"),
    "test": ("test", "testdata"),
}
"""Under which each part may stand in a file."""

_HARMLESS = {
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""What an array of arrays is made of; a pickle that names anything else is not read."""


def read_parts(raw: bytes, path: Path) -> dict[Part, list[NDArray[np.uint8]]]:
    """The sequences of each part of a file, uint8 (steps, events) of 0 and 1 each.

    Raises:
        DataError: It cannot be read, lacks a part, or holds anything but 0 and 1.
    """
    endings = {".mat": _mat, ".npz": _npz}
    read = endings.get(path.suffix.lower())
    if read is None:
        raise DataError(f"{path} is no .mat and no .npz file; events are read from these.")
    if not raw:
        raise DataError(f"{path} is empty (0 bytes).")
    arrays = read(raw, path)
    found: dict[Part, list[NDArray[np.uint8]]] = {}
    for part, names in NAMES.items():
        name = next((name for name in names if name in arrays), None)
        if name is not None:
            found[part] = _sequences(arrays, name, path)
        elif part != "test":
            raise DataError(
                f"{path} holds no {' or '.join(names)}; it holds {', '.join(arrays) or 'nothing'}."
            )
    widths = {part: sequences[0].shape[1] for part, sequences in found.items()}
    if len(set(widths.values())) > 1:
        shown = ", ".join(f"{width} in {part}" for part, width in widths.items())
        raise DataError(f"{path}: the parts have different numbers of events: {shown}.")
    return found


def _mat(raw: bytes, path: Path) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if raw[:4] == b"MATL" and raw[124:128] in (b"\x00\x02IM", b"\x02\x00MI"):
        raise DataError(f"{path} is a MATLAB 7.3 file; save it with `-v7`.")
    try:
        arrays = cast("dict[str, Any]", loadmat(BytesIO(raw)))
    except (MatReadError, ValueError, TypeError, IndexError, OSError, NotImplementedError) as error:
        raise DataError(f"{path} is no readable .mat file: {error}.") from error
    return {name: array for name, array in arrays.items() if not name.startswith("__")}


def _npz(raw: bytes, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            for name in archive.namelist():
                if name.endswith(".npy"):
                    found[name.removesuffix(".npy")] = _npy(BytesIO(archive.read(name)), path)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise DataError(f"{path} is no readable .npz file: {error}.") from error
    return found


def _npy(stream: BytesIO, path: Path) -> NDArray[Any]:
    """One array; of objects, only where its pickle makes arrays and nothing else."""
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    if not dtype.hasobject:
        stream.seek(0)
        return npy.read_array(stream, allow_pickle=False)
    try:
        made = _Arrays(stream, encoding="latin1").load()
    except (pickle.UnpicklingError, AttributeError, TypeError, IndexError) as error:
        raise DataError(
            f"{path} holds Python objects that are no arrays ({error}); save each part as an "
            "array of matrices, or as one matrix beside its lengths."
        ) from error
    return np.asarray(made, dtype=object).reshape(shape)


class _Arrays(pickle.Unpickler):
    """Reads arrays and runs nothing: a file that a stranger made may ask for any call."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


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
