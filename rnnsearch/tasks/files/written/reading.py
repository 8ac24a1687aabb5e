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
    """An Arrow column as float64, NaN where a cell is empty.

    Texts are read as the form says; cells of another form are refused, never read as another
    number.

    Args:
        form: How the column was written when it was first read; None for plain numbers.

    Raises:
        DataError: Cells are no numbers, or not of the form.
    """
    form = form or NumberForm()
    if family(column.type) not in ("text", "bytes"):
        found = numbers(column, place)
        if form.points and _cut(found):
            raise DataError(
                f"{place}: holds {found[np.isfinite(found)][0]:g}, and in training points stood "
                "between thousands; read the column as text (read_csv(..., dtype=str)), or with "
                "decimal=',' and thousands='.'."
            )
        return form.without_empty(found)
    cells = texts(column, place)
    evidence = NumberEvidence()
    evidence.add(cells)
    own = evidence.form("" if form.truth else form.decimal)
    if isinstance(own, str):
        raise DataError(f"{place}: {own}.")
    same = own.unit == form.unit and own.multiples == form.multiples
    if not evidence.empty and not (same and bool(own.truth) == bool(form.truth)):
        raise DataError(f"{place}: numbers are not written as in training ({form.said()}).")
    return form.read(cells)


def read_times(column: Any, place: Place) -> NDArray[Any]:
    """A column whose times put rows in order: datetime64 in UTC, or numbers, without gaps.

    Texts may be written in any one form that all of them share.

    Args:
        column: An Arrow column of texts, dates or numbers.
        place: Where a row stands, for a message.

    Raises:
        DataError: A cell is empty, infinite or no time, or the cells leave their form open.
    """
    if column.null_count:
        raise DataError(f"{place(column.is_null().index(True).as_py())}: there is no time here.")
    found = _time_form(column, place).read(column, place)
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise DataError(f"{place(int(np.argmin(np.isfinite(found))))}: a time is not finite.")
    return found


def _time_form(column: Any, place: Place) -> TimeForm:
    """The form that the texts of a column show; dates and numbers are read as what they are."""
    if family(column.type) not in ("text", "bytes"):
        return TimeForm("number")
    evidence = TimeEvidence()
    evidence.add(texts(column, place(0)))
    if evidence.empty is not None:
        raise DataError(f"{place(evidence.empty)}: there is no time here.")
    form = evidence.form()
    if isinstance(form, TimeForm) and form.shape != "clock":
        return form
    problem = "holds times of day, which come again each day; write the date before them"
    if isinstance(form, str):
        problem = form.replace("say which with task.date_format", "write them as 2024-12-31")
    raise DataError(f"{place(evidence.where or 0)} {problem}.")


def _cut(found: Floats) -> bool:
    """Whether numbers look like 1.234 that was 1,234: fractions, and none of a thousand."""
    known = found[np.isfinite(found)]
    return bool(len(known) and (known % 1 != 0).any() and (np.abs(known) < 1000).all())
