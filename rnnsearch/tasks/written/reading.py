"""A column as numbers by the form that was found: of a file's block, or of a table in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.columns import family, numbers, texts
from rnnsearch.tasks.written.joined import joined
from rnnsearch.tasks.written.number_evidence import NumberEvidence
from rnnsearch.tasks.written.numbers import NumberForm
from rnnsearch.tasks.written.time_evidence import TimeEvidence
from rnnsearch.tasks.written.times import Place, TimeForm

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_numbers(column: Any, form: NumberForm | None, place: str) -> NDArray[np.float64]:
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
        return form.without_empty(numbers(column, place))
    cells = texts(column, place)
    evidence = NumberEvidence()
    evidence.add(cells)
    found = evidence.form("" if form.truth else form.decimal)
    if isinstance(found, str):
        raise DataError(f"{place}: {found}.")
    same = found.unit == form.unit and found.multiples == form.multiples
    if not evidence.empty and not (same and bool(found.truth) == bool(form.truth)):
        raise DataError(f"{place}: numbers are not written as in training ({form.said()}).")
    return form.read(cells)


def read_times(column: Any, place: Place) -> NDArray[Any]:
    """An Arrow column of times as datetime64 or as numbers; how they are written is found out.

    Raises:
        DataError: They are no times, or leave open which.
    """
    if family(column.type) not in ("text", "bytes", "whole"):
        form: TimeForm | str = TimeForm("clock" if family(column.type) == "clock" else "number")
    else:
        evidence = TimeEvidence()
        evidence.add(texts(column, place(0)))
        form = evidence.form()
        if evidence.where is not None:
            said = "there is no time here" if evidence.empty is not None else form
            raise DataError(f"{place(evidence.where)}: {said}.")
    whole = form if isinstance(form, str) else joined(("the time",), (form,))
    if isinstance(whole, str):
        raise DataError(f"{place(0)}: {whole}.")
    return whole.read([column], place)
