"""Rows that a person gives to a trained model, read as the training's reader reads a file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError, RowsWarning
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.files.columns import family, texts
from rnnsearch.tasks.files.forms import Forms
from rnnsearch.tasks.files.written.joined import JoinedForm
from rnnsearch.tasks.files.written.times import TimeForm
from rnnsearch.tasks.files.written.words import stripped
from rnnsearch.tasks.series.cells import (
    COUNTED,
    known_as,
    numbers_as_trained,
    stranger,
    values_as_trained,
)
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.learned import Inputs
from rnnsearch.tasks.series.order import differing
from rnnsearch.tasks.series.rows import Given


@dataclass(frozen=True, eq=False)
class Recent:
    """Rows of one series, in the order of time.

    Attributes:
        name: As training knew the series, else as it was given; None where there is one alone.
        values: Float64 [rows, columns]: targets, past, then known columns; NaN where empty.
        times: Dates, or the time column's numbers; None where rows have no time.
        coded: Float64 [rows, columns]: the columns of `SeriesConfig.coded`, of categories as the
            place of each cell's value in `written`; NaN where a number is empty.
        written: Of each category, the values that the rows have, as training knows them.
    """

    name: str | None
    values: Floats
    times: NDArray[Any] | None
    coded: Floats
    written: tuple[list[str], ...] = ()


def recent_rows(
    manifest: Mapping[str, Any], given: Given, new_series: bool = False
) -> list[Recent]:
    """The rows of each series, in the order in which the series first appear.

    Args:
        manifest: Of the training data. The manifest of an older version names no time column; rows
            then stay in the order in which they are given.
        given: Rows with the columns of training, in any order.
        new_series: Whether a series may be one that training never saw.

    Raises:
        ModelError: Cells of a column are not what training read, or times repeat; of a series that
            training never saw, that is said first.
        DataError: A cell is no number or no time.
    """
    config = SeriesConfig.remembered(manifest)
    forms = Forms.from_json(manifest["forms"]) if "forms" in manifest else Forms()
    inputs = Inputs.of(manifest)
    pairs = [values_as_trained(given, one.name, one.values) for one in inputs.categories]
    columns = [
        numbers_as_trained(forms, given, name) for name in (*config.columns, *config.static_numbers)
    ]
    values = np.stack([*columns, *(places for places, _ in pairs)], axis=1).astype(np.float64)
    written = tuple(one for _, one in pairs)
    times = None
    if config.time_columns:
        cells = [given.columns[name] for name in config.time_columns]
        times = time_form(manifest, given).read(cells, given.time_of)
    if config.id is None:
        whole = _ordered(None, values, times, np.arange(len(values)), given)
        return [_divided(config, *whole, written)]
    series, names = _series(manifest, given)
    known = {*manifest["series"], *manifest.get("left_out", ())}
    strange = set() if new_series else set(names) - known
    together = np.argsort(series, kind="stable")
    by_series = np.split(together, np.cumsum(np.bincount(series, minlength=len(names)))[:-1])
    ordered = []
    for name, rows in zip(names, by_series, strict=True):
        try:
            ordered.append(_ordered(name, values, times, rows, given))
        except ModelError:
            if name in strange:  # its rows may be those of several
                raise ModelError(stranger(name, list(manifest["series"]))) from None
            raise
    return [_divided(config, *one, written) for one in ordered]


def _divided(
    config: SeriesConfig,
    name: str | None,
    values: Floats,
    times: NDArray[Any] | None,
    written: tuple[list[str], ...],
) -> Recent:
    """The rows of a series, the columns of numbers apart from those behind them."""
    numbers = len(config.columns)
    return Recent(name, values[:, :numbers], times, values[:, numbers:], written)


def time_form(manifest: Mapping[str, Any], given: Given) -> JoinedForm:
    """How the times of given rows are read: as those of training were, or as ISO 8601.

    Raises:
        ModelError: Numbers stand where training had dates, or dates where it had numbers.
    """
    names = manifest["time"]
    columns = [given.columns[name] for name in names]
    form = Forms.from_json(manifest["forms"]).time if "forms" in manifest else None
    if form is None:
        raise ModelError("this model does not say how its times are written.")
    if len(names) == 1 and (family(columns[0].type) == "date") != manifest["dated"]:
        counted = family(columns[0].type) in ("whole", "number", "date")
        if counted and not form.forms[0].shape.startswith("compact"):
            kinds = "plain numbers", "dates"
            raise ModelError(
                f"the column {names[0]!r} holds {kinds[not manifest['dated']]}, and in training it "
                f"held {kinds[manifest['dated']]}; give times as the training file has them."
            )
    read = [
        _iso(of_column, column) if role == "time" else of_column
        for role, of_column, column in zip(form.roles, form.forms, columns, strict=True)
    ]
    return JoinedForm(form.roles, tuple(read))


def _iso(form: TimeForm, column: Any) -> TimeForm:
    """The form in which to read a column of times: ISO 8601 where all its cells are written so.

    Dates in ISO 8601 cannot be mistaken for others, so a person may give them whatever the form of
    the training's file was.
    """
    from pyarrow import compute

    iso = TimeForm("parts", "ymd", zoned=form.zoned)
    if form.shape == "number" or family(column.type) != "text":
        return form
    cells = stripped(texts(column, "the rows"))
    # A year of two digits could be mistaken for a day.
    whole_year = compute.match_substring_regex(cells, "^[0-9]{4}[-/.]").fill_null(False)
    return iso if compute.all(whole_year).as_py() and iso.moments(cells).right.all() else form


def _ordered(
    name: str | None,
    values: Floats,
    times: NDArray[Any] | None,
    rows: NDArray[Any],
    given: Given,
) -> tuple[str | None, Floats, NDArray[Any] | None]:
    """The rows of one series in the order of time; a row that repeats another is taken once.

    Args:
        name: Name of the series; None where there is one alone.
        values, times: Of all rows that were given.
        rows: Places of the rows of this series.

    Raises:
        ModelError: Two rows have the same time and other values.
    """
    if times is None:
        return name, values[rows], None
    rows = rows[np.argsort(times[rows], kind="stable")]
    same = times[rows[1:]] == times[rows[:-1]]
    differ = same & differing(values[rows[1:]], values[rows[:-1]])
    whose = f" of the series {name!r}" if name is not None else ""
    if differ.any():
        at = int(np.argmax(differ))
        both = given.both(*sorted((int(rows[at]), int(rows[at + 1]))))
        raise ModelError(f"{both}{whose} have the same {given.time!r}; drop one.")
    if same.any():
        warnings.warn(
            f"{int(same.sum()):,} rows{whose} repeat another one of their time; each is read once.",
            RowsWarning,
            stacklevel=2,
        )
        rows = rows[np.concatenate([[True], ~same])]
    return name, values[rows], times[rows]


def _series(manifest: Mapping[str, Any], given: Given) -> tuple[Ints, list[str]]:
    """The number of each row's series, and the names of the series as training has them.

    Series are numbered in the order in which they first appear.

    Raises:
        ModelError: A cell is empty, or may mean several series of training.
    """
    id, known = manifest["id"], [*manifest["series"], *manifest.get("left_out", ())]
    column = given.columns[id]
    counted = family(column.type) in COUNTED
    coded = texts(column, given.column(id)).dictionary_encode()
    written = coded.dictionary.to_pylist()
    if coded.null_count or None in written or "" in written:
        raise ModelError(
            f"the column {id!r} tells the series apart and has empty cells.{given.hint}"
        )
    names = known_as(written, known, id) if counted else written
    order = {name: number for number, name in enumerate(dict.fromkeys(names))}
    places = np.array([order[name] for name in names], np.int64)
    return places[coded.indices.to_numpy()], list(order)
