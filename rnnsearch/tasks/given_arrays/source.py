"""The arrays of a file, by part and role, and the sequences that they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.ragged import Ragged

Role = Literal["x", "y", "lengths"]

COLUMNS = "columns"
"""The array that has the names of the features."""

FOLDER = ".arrays"
"""The folder in a storage that holds arrays which came from memory; no study has such a name."""

PARTS: Mapping[Part, tuple[str, ...]] = {
    "train": ("train",),
    "val": ("val", "valid", "validation"),
    "test": ("test",),
}
"""The words by which an array's name says its part."""

ROLES: tuple[Role, ...] = ("x", "y", "lengths")


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The arrays of one part, as they stand in the file.

    Attributes:
        names: What each array is called there.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    lengths: NDArray[Any] | None
    names: Mapping[Role, str]


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """The inputs of one part.

    Attributes:
        values: Numbers [time steps, features], or whole numbers [time steps] without features.
        padded: Time steps to which all sequences are padded; None where they lie end to end.
    """

    values: Ragged
    padded: int | None

    def valid(self, rows: NDArray[Any]) -> NDArray[Any]:
        """What stands at the time steps of sequences, end to end, of an array [sequences, padded,
        ...]."""
        lengths = self.values.lengths
        return rows[np.arange(rows.shape[1]) < lengths[:, None]]


def named_arrays(arrays: Mapping[str, NDArray[Any]], place: str) -> dict[Part, Given]:
    """The arrays of each part that a file has.

    Args:
        arrays: By their names: `train_x` and the like, or `x_train`, in any case of letters. Where
            no name says a part, `x` and `y` are all taken for the training part.
        place: What holds them, for messages.

    Raises:
        DataError: One is missing, two have the same meaning, or one holds Python objects.
    """
    named = {part: _of_part(arrays, part, words, place) for part, words in PARTS.items()}
    if not any(named.values()):
        named["train"] = _of_part(arrays, "train", (), place)
    for part, roles in named.items():
        absent = [role for role in ("x", "y") if role not in roles]
        if absent and (roles or part == "train"):
            raise DataError(
                f"{place} holds no {part}_{absent[0]}; it holds {', '.join(arrays) or 'nothing'}. "
                "There must be train_x and train_y, or x and y, and may be val_x, val_y, test_x "
                "and test_y."
            )
    return {
        part: Given(
            arrays[roles["x"]], arrays[roles["y"]], arrays.get(roles.get("lengths", "")), roles
        )
        for part, roles in named.items()
        if roles
    }


def inputs_of(arrays: Mapping[str, NDArray[Any]], place: str) -> dict[str, Sequences]:
    """The inputs of a file that need no targets: `x`, with `lengths`; or those of each part.

    Returns:
        By the name of the part; by an empty one where no name says a part.

    Raises:
        DataError: There are none, or shapes and lengths do not go together.
    """
    named: dict[str, dict[Role, str]] = {"": _of_part(arrays, "train", (), place)}
    if "x" not in named[""]:
        named = {part: _of_part(arrays, part, words, place) for part, words in PARTS.items()}
    inputs = {part: roles for part, roles in named.items() if "x" in roles}
    if not inputs:
        raise DataError(
            f"{place} holds no x; it holds {', '.join(arrays) or 'nothing'}. Put the inputs under "
            "x, and the lengths of unequal sequences under lengths."
        )
    nothing = np.empty(0)
    return {
        part: sequences(
            Given(arrays[roles["x"]], nothing, arrays.get(roles.get("lengths", "")), roles), place
        )
        for part, roles in inputs.items()
    }


def _of_part(
    arrays: Mapping[str, NDArray[Any]], part: Part, words: Sequence[str], place: str
) -> dict[Role, str]:
    """The names of the arrays of a part, by their role.

    Args:
        words: What names the part, beside the role; nothing does where there are none.
    """
    roles: dict[Role, str] = {}
    for role in ROLES:
        wanted = {name for word in words for name in (f"{word}_{role}", f"{role}_{word}")}
        names = [name for name in arrays if name.lower() in (wanted or {role})]
        if len(names) > 1:
            raise DataError(f"{place} holds both {names[0]} and {names[1]}; leave one of them out.")
        for name in names:
            if arrays[name].dtype == object:
                raise DataError(
                    f"{place}: {name} is an array of Python objects. Put sequences of unequal "
                    f"length end to end, numpy.concatenate(sequences), and their lengths into "
                    f"{part}_lengths."
                )
            roles[role] = name
    return roles


def unused(arrays: Mapping[str, NDArray[Any]], parts: Mapping[Part, Given]) -> list[str]:
    """The names of arrays that mean nothing to the task."""
    used = {name for given in parts.values() for name in given.names.values()}
    used |= {COLUMNS} if columns_of(arrays, parts) else set()
    return [name for name in arrays if name not in used]


def sequences(given: Given, place: str) -> Sequences:
    """The inputs of a part.

    Raises:
        DataError: Shapes, lengths or types do not go together, or a number is missing.
    """
    x, name = given.x, f"{place}: {given.names['x']}"
    if x.dtype.kind in "US":
        raise DataError(f"{name} holds texts; learn their classes with `task: {{type: labels}}`.")
    if x.dtype.kind not in "biuf":
        raise DataError(f"{name} holds {x.dtype}, not numbers.")
    if not x.size:
        raise DataError(f"{name} is empty: its shape is {x.shape}.")
    inputs = _end_to_end(given, place) if given.lengths is not None else _equal(x, name)
    bad = np.argwhere(~np.isfinite(inputs.values.values))
    if len(bad):
        at = int(np.searchsorted(inputs.values.starts, bad[0][0], side="right")) - 1
        step = int(bad[0][0] - inputs.values.starts[at])
        what = inputs.values.values[tuple(bad[0])]
        raise DataError(
            f"{name} holds {what} in sequence {at}, time step {step} (both from 0). Fill it in"
            + (", or say with lengths where sequences end." if given.lengths is None else ".")
        )
    return inputs


def _equal(x: NDArray[Any], name: str) -> Sequences:
    """Sequences of one length."""
    if x.ndim not in (2, 3):
        raise DataError(
            f"{name} has shape {x.shape}; it must be (sequences, time steps, features), or "
            "(sequences, time steps)."
        )
    count, steps = x.shape[:2]
    starts = np.arange(count + 1, dtype=np.int64) * steps
    return Sequences(Ragged(x.reshape(count * steps, *x.shape[2:]), starts), steps)


def _end_to_end(given: Given, place: str) -> Sequences:
    """Sequences that have lengths, padded or end to end in the file."""
    x, lengths = given.x, _lengths(given, place)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    total = int(starts[-1])
    padded = x.ndim in (2, 3) and len(x) == len(lengths) and x.shape[1] >= lengths.max()
    joined = x.ndim in (1, 2) and len(x) == total
    if padded and joined:
        raise DataError(
            f"{place}: every length in {given.names['lengths']} is 1, so {given.names['x']} of "
            f"shape {x.shape} may be padded or end to end. Leave the lengths out, and give x the "
            "shape (sequences, 1, features)."
        )
    if joined:
        return Sequences(Ragged(x, starts), None)
    if padded:
        shell = Sequences(Ragged(x[:0], starts), x.shape[1])
        return Sequences(Ragged(shell.valid(x), starts), x.shape[1])
    raise DataError(
        f"{place}: {given.names['x']} has shape {x.shape}, and {given.names['lengths']} is of "
        f"{len(lengths)} sequences with {total} time steps, the longest {lengths.max()}. x must be "
        f"padded, ({len(lengths)}, {lengths.max()} or more, ...), or end to end, ({total}, ...)."
    )


def _lengths(given: Given, place: str) -> Ints:
    assert given.lengths is not None
    lengths, name = given.lengths, f"{place}: {given.names['lengths']}"
    if lengths.ndim != 1 or not lengths.size or lengths.dtype.kind not in "iu":
        raise DataError(
            f"{name} must be whole numbers of shape (sequences,), not {lengths.dtype} of shape "
            f"{lengths.shape}."
        )
    if lengths.min() < 1:
        at = int(lengths.argmin())
        raise DataError(f"{name} is {lengths[at]} for sequence {at} (from 0); take it out.")
    return lengths.astype(np.int64)


def columns_of(arrays: Mapping[str, NDArray[Any]], parts: Mapping[Part, Given]) -> tuple[str, ...]:
    """The names of the features, where an array `columns` has as many texts; else empty."""
    names, train = arrays.get(COLUMNS), parts["train"]
    joined = train.lengths is not None and len(train.x) == train.lengths.sum()
    if names is None or names.dtype.kind != "U" or train.x.ndim != (2 if joined else 3):
        return ()
    if names.shape != train.x.shape[-1:]:
        return ()
    return tuple(names.tolist())


def digest(parts: Mapping[Part, Given], columns: Sequence[str] = ()) -> str:
    """SHA-256 of all arrays that are used, whatever file or order they come in."""
    total = sha256(" ".join(map(repr, columns)).encode())
    for part, given in parts.items():
        for role in ROLES:
            array = getattr(given, role)
            if array is not None:
                plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
                total.update(f"{part} {role} {plain.dtype.str} {plain.shape}\n".encode())
                total.update(plain.tobytes())
    return total.hexdigest()
