"""Arrays from `.mat` and `.npz` files, read without running any code that a file may hold."""

from __future__ import annotations

import pickle
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from rnnsearch.errors import DataError

_HARMLESS = {
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""The functions that the pickle of an array of arrays calls; one that names others is refused."""


def read_arrays(raw: bytes, path: Path) -> dict[str, Any]:
    """The arrays of a file by their names; MATLAB's cells and numpy's objects are arrays of arrays.

    Args:
        raw: The file's content.
        path: Its path, for the ending and for messages.

    Raises:
        DataError: The file is of another kind, or cannot be read.
    """
    read = {".mat": _mat, ".npz": _npz}.get(path.suffix.lower())
    if read is None:
        raise DataError(f"{path} is no .mat and no .npz file; arrays are read from these.")
    return read(raw, path)


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
    arrays: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            for name in archive.namelist():
                if name.endswith(".npy"):
                    arrays[name.removesuffix(".npy")] = _npy(BytesIO(archive.read(name)), path)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise DataError(f"{path} is no readable .npz file: {error}.") from error
    return arrays


def _npy(stream: BytesIO, path: Path) -> NDArray[Any]:
    """The array of an `.npy` stream; one of objects only where its pickle makes nothing but
    arrays."""
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
    """Unpickles arrays alone, since the pickle in a stranger's file may call any function."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
