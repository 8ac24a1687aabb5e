"""Rows that a person gives to a trained model, read as the training's reader reads a file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.files.columns import family, texts
from rnnsearch.tasks.files.forms import Forms
from rnnsearch.tasks.files.written.joined import JoinedForm
from rnnsearch.tasks.files.written.reading import read_numbers
from rnnsearch.tasks.files.written.times import TimeForm
from rnnsearch.tasks.files.written.words import stripped
from rnnsearch.tasks.frames import NA_HINT, frame_columns

SHOWN = 10
"""Names that a message lists."""


@dataclass(frozen=True, eq=False)
class Recent:
    """Rows of one series, in the order of time.

    Attributes:
        name: As training knew the series, else as it was given; None where there is one alone.
        values: Float64 [rows, columns]: targets, past, then known columns; NaN where empty.
        times: Dates, or the time column's numbers; None where rows have no time.
    """

    name: str | None
    values: Floats
    times: NDArray[Any] | None


def recent_rows(manifest: Mapping[str, Any], frame: Any) -> list[Recent]:
    """The rows of each series, in the order in which the series first appear.

    Args:
        manifest: Of the training data; one of an older version names no time column, and then rows
            stay in the order in which they are given.
        frame: A DataFrame with the columns of training, in any order of columns and rows; other
            columns are left alone.

    Raises:
        ModelError: A column is absent, or its cells are not what training read, or times repeat.
        DataError: A cell is no number or no time.
    """
    names = [*manifest["targets"], *manifest["past"], *manifest["known"]]
    id, forms = manifest["id"], Forms()
    if "forms" in manifest:
        forms = Forms.from_json(manifest["forms"])
    read = list(manifest["time"]) if "time" in manifest else []
    found = frame_columns(frame, [*([] if id is None else [id]), *read, *names])
    if read:
        found = _without_blank_rows(found)
    values = np.stack([_numbers(forms, found[name], name) for name in names], axis=1)
    times = _times(manifest, forms, [found[name] for name in read], read) if read else None
    time = ", ".join(read)
    if id is None:
        return [_ordered(None, values, times, np.arange(len(values)), time)]
    series, given = _series(manifest, found[id])
    together = np.argsort(series, kind="stable")
    each = np.split(together, np.cumsum(np.bincount(series, minlength=len(given)))[:-1])
    return [_ordered(name, values, times, own, time) for name, own in zip(given, each, strict=True)]


def _without_blank_rows(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns without the rows in which nothing stands, which a file's reader leaves out."""
    from pyarrow import compute

    blank = reduce(compute.and_, (column.is_null() for column in columns.values()))
    if not compute.any(blank).as_py() or compute.all(blank).as_py():
        return columns
    return {name: column.filter(compute.invert(blank)) for name, column in columns.items()}


def _numbers(forms: Forms, column: Any, name: str) -> Floats:
    """Cells as float64, read as those of training were; NaN where they say that they are empty."""
    cells = read_numbers(column, forms.numbers.get(name), f"the rows, column {name!r}")
    if np.isinf(cells).any():
        row = int(np.argmax(np.isinf(cells)))
        raise ModelError(f"row {row} (from 0) has an infinite value of {name!r}.")
    return cells


def _times(
    manifest: Mapping[str, Any], forms: Forms, columns: Sequence[Any], names: Sequence[str]
) -> NDArray[Any]:
    """Times as dates or as numbers, read as those of training were."""
    said = ", ".join(map(repr, names))
    form = forms.time
    if form is None:
        raise ModelError("this model does not say how its times are written.")
    if len(names) == 1 and (family(columns[0].type) == "date") != manifest["dated"]:
        counted = family(columns[0].type) in ("whole", "number", "date")
        if counted and not form.forms[0].shape.startswith("compact"):
            kinds = "plain numbers", "dates"
            raise ModelError(
                f"the column {said} holds {kinds[not manifest['dated']]}, and in training it held "
                f"{kinds[manifest['dated']]}; give times as the training file has them."
            )
    read = [
        _iso(own, column) if role == "time" else own
        for role, own, column in zip(form.roles, form.forms, columns, strict=True)
    ]
    whole = JoinedForm(form.roles, tuple(read))
    return whole.read(columns, lambda row: f"the rows, column {said}: row {row} (from 0)")


def _iso(form: TimeForm, column: Any) -> TimeForm:
    """A column's form, or that of ISO 8601, which cannot be mistaken, where all cells have it."""
    from pyarrow import compute

    iso = TimeForm("parts", "ymd", zoned=form.zoned)
    if form.shape == "number" or family(column.type) != "text":
        return form
    cells = stripped(texts(column, "the rows"))
    # A year of two digits could be mistaken, for a day.
    whole_year = compute.match_substring_regex(cells, "^[0-9]{4}[-/.]").fill_null(False)
    return iso if compute.all(whole_year).as_py() and iso.moments(cells).right.all() else form


def _ordered(
    name: str | None, values: Floats, times: NDArray[Any] | None, rows: NDArray[Any], time: str
) -> Recent:
    """The rows of a series; those that repeat another one of their time are taken once."""
    if times is None:
        return Recent(name, values[rows], None)
    rows = rows[np.argsort(times[rows], kind="stable")]
    same = times[rows[1:]] == times[rows[:-1]]
    one, other = values[rows[1:]], values[rows[:-1]]
    differ = same & ((one != other) & ~(np.isnan(one) & np.isnan(other))).any(axis=1)
    whose = f" of the series {name!r}" if name is not None else ""
    if differ.any():
        at = int(np.argmax(differ))
        first, second = sorted((int(rows[at]), int(rows[at + 1])))
        raise ModelError(
            f"rows {first} and {second} (from 0){whose} have the same {time!r}; drop one."
        )
    if same.any():
        warnings.warn(
            f"{int(same.sum()):,} rows{whose} repeat another one of their time; each is read once.",
            stacklevel=2,
        )
        rows = rows[np.concatenate([[True], ~same])]
    return Recent(name, values[rows], times[rows])


def _series(manifest: Mapping[str, Any], column: Any) -> tuple[Ints, list[str]]:
    """Which of the series each row belongs to, and their names, as training has them."""
    id, known = manifest["id"], [*manifest["series"], *manifest.get("left_out", ())]
    counted = family(column.type) in ("whole", "number", "boolean")
    coded = texts(column, f"the rows, column {id!r}").dictionary_encode()
    given = coded.dictionary.to_pylist()
    if coded.null_count or None in given or "" in given:
        raise ModelError(f"the column {id!r} tells the series apart and has empty cells.{NA_HINT}")
    names = _known_as(given, known, id) if counted else given
    order = {name: number for number, name in enumerate(dict.fromkeys(names))}
    places = np.array([order[name] for name in names], np.int64)
    return places[coded.indices.to_numpy()], list(order)


def _known_as(given: Sequence[str], known: Sequence[str], id: str) -> list[str]:
    """Series by ids that were read as numbers or truth values: `7` may be known as `007`."""
    alike: dict[Decimal | str, list[str]] = {}
    for name in known:
        alike.setdefault(_value(name), []).append(name)
    found = []
    for text in given:
        names = alike.get(_value(text), [text])
        if len(names) > 1:
            raise ModelError(
                f"the column {id!r} was read as numbers, and {text} may be "
                f"{' or '.join(map(repr, names[:SHOWN]))}; read it as text: "
                f"read_csv(..., dtype={{{id!r}: str}})."
            )
        found.append(names[0])
    return found


def _value(text: str) -> Decimal | str:
    """What is left of a text that was read as a number or a truth value."""
    number = as_number(text)
    return text.lower() if number is None else number


def as_number(text: str) -> Decimal | None:
    """The number that a text writes; None where it writes none."""
    try:
        number = Decimal(text) if "_" not in text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
