"""A whole column as numbers or as times: of a file, or of a table that is given to a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.files.columns import family, numbers, texts
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.numbers import NumberForm
from rnnsearch.tasks.files.written.time_evidence import TimeEvidence
from rnnsearch.tasks.files.written.times import Place, TimeForm


def read_numbers(column: Any, form: NumberForm | None, place: str) -> Floats:
    """The numbers of an Arrow column as float64, NaN where a cell is empty.

    Texts are read by a form. Cells of another form are refused, since they would be read as other
    numbers.

    Args:
        form: The form of the column in training; None for plain numbers.
        place: Where the column stands, for a message.

    Raises:
        DataError: Cells are no numbers, or not of the form.
    """
    form = form or NumberForm()
    if family(column.type) not in ("text", "bytes"):
        values = numbers(column, place)
        if form.points and _cut(values):
            raise DataError(
                f"{place}: holds {values[np.isfinite(values)][0]:g}, and in training points stood "
                "between thousands; read the column as text (read_csv(..., dtype=str)), or with "
                "decimal=',' and thousands='.'."
            )
        return form.without_empty(values)
    cells = texts(column, place)
    evidence = NumberEvidence()
    evidence.add(cells)
    shown = evidence.form("" if form.truth else form.decimal)
    if isinstance(shown, str):
        raise DataError(f"{place}: {shown}.")
    same = shown.unit == form.unit and shown.multiples == form.multiples
    if not evidence.empty and not (same and bool(shown.truth) == bool(form.truth)):
        raise DataError(f"{place}: numbers are not written as in training ({form.in_words()}).")
    return form.read(cells)


def read_times(column: Any, place: Place, date_format: str | None = None) -> NDArray[Any]:
    """The times of an Arrow column, by which rows are put in order: datetime64 in UTC, or numbers.

    Texts may be written in any form that all of them share.

    Args:
        column: An Arrow column of texts, dates or numbers.
        place: Where a row stands, for a message.
        date_format: The order of day, month and year, or the pattern, that the user named; None
            leaves it to the cells.

    Raises:
        DataError: A cell is empty, infinite or no time, or the cells leave their form open.
    """
    if column.null_count:
        raise DataError(f"{place(column.is_null().index(True).as_py())}: there is no time here.")
    times = _numbers_with_commas(column, place) if date_format is None else None
    if times is None:
        times = _time_form(column, place, date_format).read(column, place)
    if times.dtype.kind == "f" and not np.isfinite(times).all():
        raise DataError(f"{place(int(np.argmin(np.isfinite(times))))}: a time is not finite.")
    return times


def _numbers_with_commas(column: Any, place: Place) -> Floats | None:
    """A column of texts as numbers, where all are and show that their decimal sign is the comma."""
    if family(column.type) not in ("text", "bytes"):
        return None
    cells, evidence = texts(column, place(0)), NumberEvidence()
    evidence.add(cells)
    form = evidence.form()
    commas = evidence.proved_sign() == "," and not evidence.words
    return form.read(cells) if commas and isinstance(form, NumberForm) else None


def _time_form(column: Any, place: Place, date_format: str | None) -> TimeForm:
    """The form that the texts of a column show; dates and numbers are read as what they are."""
    if family(column.type) not in ("text", "bytes"):
        return TimeForm("number")
    evidence = TimeEvidence()
    evidence.add(texts(column, place(0)))
    if evidence.empty is not None:
        raise DataError(f"{place(evidence.empty)}: there is no time here.")
    form = evidence.form(date_format)
    if isinstance(form, TimeForm) and form.shape != "clock":
        return form
    problem = "holds times of day, which come again each day; write the date before them"
    if isinstance(form, str):
        either = "say which with task.date_format, or write them as 2024-12-31"
        problem = form.replace("say which with task.date_format", either)
    raise DataError(f"{place(evidence.where or 0)} {problem}.")


def _cut(values: Floats) -> bool:
    """Whether numbers look as if points between thousands were read as decimal signs: some have
    fractions, and none reaches a thousand."""
    known = values[np.isfinite(values)]
    return bool(len(known) and (known % 1 != 0).any() and (np.abs(known) < 1000).all())
