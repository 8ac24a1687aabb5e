"""Arrays, tensors, data frames or a torch `Dataset` of a person's as the file of the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.disk import replace_file
from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.given_arrays.dataset import items_of
from rnnsearch.tasks.given_arrays.plain import plain_array
from rnnsearch.tasks.given_arrays.source import (
    COLUMNS,
    PARTS,
    columns_of,
    digest,
    named_arrays,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """Inputs and targets in memory, as the task of a study.

    A part is a pair (x, y) or a triple (x, y, lengths) of numpy arrays, torch tensors or pandas
    objects, or a torch `Dataset` or `DataLoader`. x is (sequences, time steps, features), or
    (sequences, time steps) of one feature or of symbols, or a list of sequences of any length. y
    has a row a sequence, or one a time step. Without `val` the parts are drawn from `train` at
    random, by the key `split` of the task. All are copied to a file in the study's storage, and
    hashed.

    Attributes:
        collate: How a `Dataset` makes a batch of a list of its items; it is asked for each item
            alone, and gives (x, y) or (x, y, lengths), the batch first.
        keys: Keys of the task beside these, such as `scaler`, as in a space file.
    """

    train: Any
    val: Any = None
    test: Any = None
    collate: Callable[[list[Any]], Any] | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by their names in the task's file.

        Raises:
            DataError: What was given is no numbers, texts or truth values, or its shapes do not go
                together.
        """
        arrays: dict[str, NDArray[Any]] = {}
        columns: list[str] = []
        for part in PARTS:
            given = getattr(self, part)
            if given is not None:
                arrays |= _part(part, given, self.collate)
                names = _columns(given)
                if columns and names and columns != names:
                    raise DataError(
                        f"Arrays: the data frames of {part} have the columns {_named(names)}, and "
                        f"those of the parts before it {_named(columns)}. Give all the same."
                    )
                columns = columns or names
        return {**arrays, COLUMNS: np.array(columns)} if columns else arrays

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the arrays to a file that is named after what it holds.

        Returns:
            What a space file says under `task`.

        Raises:
            DataError: As of `arrays`, or the folder cannot be written.
        """
        arrays = self.arrays()
        parts = named_arrays(arrays, "Arrays(...)")
        name = digest(parts, columns_of(arrays, parts))[:16]
        path = folder.resolve() / f"{name}.npz"
        if not path.exists():
            content = BytesIO()
            np.savez(content, allow_pickle=False, **arrays)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                replace_file(path, content.getvalue())
            except OSError as error:
                raise DataError(
                    f"the arrays cannot be written to {path}: {error.strerror or error}. Give the "
                    "study another storage: Study(..., storage=...)."
                ) from error
        return {"type": "arrays", "path": str(path), **self.keys}


def _part(
    part: Part, given: Any, collate: Callable[[list[Any]], Any] | None
) -> dict[str, NDArray[Any]]:
    """The arrays of one part by their names."""
    if not isinstance(given, tuple):
        given = items_of(part, given, collate)
    if not 2 <= len(given) <= 3:
        raise DataError(
            f"Arrays: {part} must be (x, y) or (x, y, lengths), or a torch Dataset, not "
            f"{len(given)} things."
        )
    x, lengths = _joined(given[0], f"{part}: x")
    if len(given) == 3 and given[2] is not None:
        if lengths is not None:
            raise DataError(
                f"Arrays: {part} has lengths, and its x is a list of sequences, which have them "
                "already. Leave the lengths out."
            )
        lengths = plain_array(given[2], f"{part}: lengths")
    y = _targets(given[1], lengths, f"{part}: y")
    arrays = {f"{part}_x": x, f"{part}_y": y}
    return arrays if lengths is None else {**arrays, f"{part}_lengths": lengths}


def _joined(x: Any, name: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Inputs as one array, and the lengths of sequences that are not of one length."""
    if not isinstance(x, list | tuple):
        return plain_array(x, name, table=False), None
    if not x:
        raise DataError(f"Arrays: {name} is an empty list.")
    each = [plain_array(one, f"{name}[{at}]") for at, one in enumerate(x)]
    _same_columns(x, name)
    shapes = {one.shape[1:] for one in each}
    if 0 in {one.ndim for one in each} or len(shapes) > 1:
        kinds = ", ".join(sorted({str(one.shape) for one in each})[:3])
        raise DataError(
            f"Arrays: {name} is a list of {kinds}; its sequences must have one shape, (time steps, "
            "features), but for the first axis."
        )
    lengths = np.array([len(one) for one in each], dtype=np.int64)
    if len(set(lengths.tolist())) == 1:
        return np.stack(each), None
    return np.concatenate(each), lengths


def _same_columns(x: Sequence[Any], name: str) -> None:
    """Refuse tables whose columns have other names, or stand in another order, than the first."""
    columns = {at: list(one.columns) for at, one in enumerate(x) if hasattr(one, "columns")}
    first = next(iter(columns.values()), [])
    for at, own in columns.items():
        if own != first:
            raise DataError(
                f"Arrays: {name}[{at}] has the columns {_named(own)}, and {name}[0] has "
                f"{_named(first)}. Give all the same: [one[columns] for one in x]."
            )


def _columns(given: Any) -> list[str]:
    """The names of the columns of a part's inputs, where they are data frames that have names."""
    x = given[0] if isinstance(given, tuple) and given else None
    frames = isinstance(x, list | tuple) and len(x) > 0 and hasattr(x[0], "columns")
    names = list(x[0].columns) if frames and x is not None else []
    return names if all(isinstance(one, str) for one in names) else []


def _named(columns: Sequence[Any]) -> str:
    return ", ".join(map(str, columns))


def _targets(y: Any, lengths: NDArray[Any] | None, name: str) -> NDArray[Any]:
    """Targets as one array; a list of one array a sequence is put end to end with the inputs."""
    if not isinstance(y, list | tuple) or not y:
        return plain_array(y, name)
    if not np.ndim(plain_array(y[0], name)):
        tensors = hasattr(y[0], "detach")  # of which numpy makes no array at once
        return plain_array([plain_array(one, name).item() for one in y] if tensors else y, name)
    each = [plain_array(one, f"{name}[{at}]") for at, one in enumerate(y)]
    own = [len(one) for one in each]
    if len(set(own)) == 1:
        return np.stack(each)
    if lengths is None or own != lengths.tolist():
        raise DataError(
            f"Arrays: {name} is a list of arrays of unequal length, which are not the lengths of "
            "the sequences in x."
        )
    return np.concatenate(each)
