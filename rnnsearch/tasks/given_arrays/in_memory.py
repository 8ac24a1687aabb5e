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
from rnnsearch.tasks.given_arrays.source import PARTS, digest, named_arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """Inputs and targets in memory, as the task of a study.

    A part is a pair (x, y) or a triple (x, y, lengths) of numpy arrays, torch tensors or pandas
    objects, or a torch `Dataset` or `DataLoader`. x is (sequences, time steps, features), or
    (sequences, time steps) of one feature or of symbols, or a list of sequences of any length. y
    has a row a sequence, or one a time step. All are copied to a file in the study's storage, and
    hashed.

    Attributes:
        collate: How a `Dataset` makes a batch of a list of its items; it is asked for each item
            alone, and gives (x, y) or (x, y, lengths), the batch first.
        keys: Keys of the task beside these, such as `scaler`, as in a space file.
    """

    train: Any
    val: Any
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
        for part in PARTS:
            given = getattr(self, part)
            if given is not None:
                arrays |= _part(part, given, self.collate)
        return arrays

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the arrays to a file that is named after what it holds.

        Returns:
            What a space file says under `task`.

        Raises:
            DataError: As of `arrays`, or the folder cannot be written.
        """
        arrays = self.arrays()
        name = digest(named_arrays(arrays, "Arrays(...)"))[:16]
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
        given = _read_once(part, given, collate)
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
        lengths = _array(given[2], f"{part}: lengths")
    y = _targets(given[1], lengths, f"{part}: y")
    arrays = {f"{part}_x": x, f"{part}_y": y}
    return arrays if lengths is None else {**arrays, f"{part}_lengths": lengths}


def _joined(x: Any, name: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Inputs as one array, and the lengths of sequences that are not of one length."""
    if not isinstance(x, list | tuple):
        return _array(x, name), None
    if not x:
        raise DataError(f"Arrays: {name} is an empty list.")
    each = [_array(one, f"{name}[{at}]") for at, one in enumerate(x)]
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


def _targets(y: Any, lengths: NDArray[Any] | None, name: str) -> NDArray[Any]:
    """Targets as one array; a list of one array a sequence is put end to end with the inputs."""
    if not isinstance(y, list | tuple) or not y or not np.ndim(_array(y[0], name)):
        return _array(y, name)
    each = [_array(one, f"{name}[{at}]") for at, one in enumerate(y)]
    own = [len(one) for one in each]
    if len(set(own)) == 1:
        return np.stack(each)
    if lengths is None or own != lengths.tolist():
        raise DataError(
            f"Arrays: {name} is a list of arrays of unequal length, which are not the lengths of "
            "the sequences in x."
        )
    return np.concatenate(each)


def _array(value: Any, name: str) -> NDArray[Any]:
    """Numbers, texts or truth values of numpy, torch, pandas or Python as an array of numpy."""
    if hasattr(value, "detach"):  # a tensor, maybe on a GPU or of a type that numpy lacks
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"Arrays: {name} cannot be read as an array: {error}.") from error
    if array.dtype == object:  # as pandas gives texts, and columns of several kinds
        flat = array.ravel().tolist()
        if all(isinstance(one, str) for one in flat):
            return array.astype(np.str_)
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"Arrays: {name} holds Python objects that are no numbers: {error}. Sequences of "
                "unequal length are a list of arrays."
            ) from error
    return array


def _read_once(
    part: Part, given: Any, collate: Callable[[list[Any]], Any] | None
) -> tuple[Any, ...]:
    """The sequences and targets of all items of a torch `Dataset` or `DataLoader`.

    Raises:
        DataError: It is neither, or its items are no pairs.
    """
    if hasattr(given, "dataset") and hasattr(given, "collate_fn"):
        given, collate = given.dataset, collate or _custom(given.collate_fn)
    if not hasattr(given, "__getitem__") and not hasattr(given, "__iter__"):
        raise DataError(
            f"Arrays: {part} must be (x, y) or (x, y, lengths), or a torch Dataset, not a "
            f"{type(given).__name__}."
        )
    sized = hasattr(given, "__len__") and hasattr(given, "__getitem__")
    items = (given[at] for at in range(len(given))) if sized else iter(given)
    xs, ys = [], []
    for at, item in enumerate(items):
        name = f"{part}, item {at} of the Dataset"
        x, y = _item(item, name) if collate is None else _alone(collate([item]), name)
        xs.append(x)
        ys.append(y)
    if not xs:
        raise DataError(f"Arrays: the Dataset of {part} has no items.")
    return xs, ys


def _custom(collate: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any] | None:
    """A loader's function for batches, unless it is torch's own, which is not needed."""
    return None if getattr(collate, "__module__", "").startswith("torch.") else collate


def _item(item: Any, name: str) -> tuple[Any, Any]:
    if not isinstance(item, Sequence) or len(item) != 2:
        raise DataError(
            f"Arrays: {name} is no pair (x, y); give `collate=`, a function that makes a batch "
            "(x, y) or (x, y, lengths) of a list of items."
        )
    return _array(item[0], name), _array(item[1], name)


def _alone(batch: Any, name: str) -> tuple[Any, Any]:
    """The only sequence of a batch, without its padding."""
    if not isinstance(batch, Sequence) or not 2 <= len(batch) <= 3:
        raise DataError(f"Arrays: collate makes of {name} no (x, y) and no (x, y, lengths).")
    x, y, *rest = (_array(one, name) for one in batch)
    if not (x.ndim and y.ndim and len(x) == len(y) == 1):
        raise DataError(
            f"Arrays: collate makes of {name} x of shape {x.shape} and y of shape {y.shape}; of "
            "one item both begin with 1, the batch first."
        )
    x, y = x[0], y[0]
    if rest:
        end = int(rest[0].ravel()[0])
        y = y[:end] if y.ndim and len(y) == len(x) else y
        x = x[:end]
    return x, y
