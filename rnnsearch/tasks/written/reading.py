"""A column as numbers by the form that was found: of a file's block, or of a table in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.columns import family, numbers, texts
from rnnsearch.tasks.written.number_evidence import NumberEvidence
from rnnsearch.tasks.written.numbers import NumberForm

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
