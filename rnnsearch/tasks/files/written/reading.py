"""A column as numbers by the form that was found: of a file's block, or of a table in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.files.columns import family, numbers, texts
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.numbers import NumberForm


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


def _cut(found: Floats) -> bool:
    """Whether numbers look like 1.234 that was 1,234: fractions, and none of a thousand."""
    known = found[np.isfinite(found)]
    return bool(len(known) and (known % 1 != 0).any() and (np.abs(known) < 1000).all())
