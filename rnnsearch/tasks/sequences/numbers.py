"""Cells of texts as finite numbers, by what all cells of their columns show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.numbers import NumberForm


def numbers_in(
    columns: Mapping[str, Sequence[str]], place: Callable[[int, str], str], remedy: str
) -> list[Floats]:
    """Columns as numbers.

    Where all cells are numbers with a decimal point, they are read as such. Where one is not, each
    column is read by the form that all of its cells show: with decimal commas, thousands
    separators or a unit.

    Args:
        columns: By name, cells that are not blank, as many in each.
        place: Gives the place of a cell, by its row and column, for a message.
        remedy: What to do about a cell that is no finite number, as a sentence with a blank before.

    Raises:
        DataError: A cell is no finite number, or may be two; its place is named.
    """
    try:
        numbers = [np.array([float(cell) for cell in cells]) for cells in columns.values()]
    except ValueError:
        numbers = _by_form(columns, place, remedy)
    for (name, cells), values in zip(columns.items(), numbers, strict=True):
        if not np.isfinite(values).all():
            row = int(np.isfinite(values).argmin())
            raise DataError(f"{place(row, name)}: {cells[row]!r} is not finite.{remedy}")
    return numbers


def _by_form(
    columns: Mapping[str, Sequence[str]], place: Callable[[int, str], str], remedy: str
) -> list[Floats]:
    """Columns by their forms; NaN where a cell stands for an empty one."""
    arrays = {name: pyarrow.array(cells, pyarrow.string()) for name, cells in columns.items()}
    evidence = {name: NumberEvidence() for name in columns}
    for name, cells in arrays.items():
        evidence[name].add(cells)
    own = {name: one.proved_sign() for name, one in evidence.items()}
    signs = {sign for name, sign in own.items() if isinstance(evidence[name].form(), NumberForm)}
    shown = next(iter(signs - {""})) if len(signs - {""}) == 1 else ""
    numbers = []
    for name, one in evidence.items():
        form = one.form("", shown)
        if isinstance(form, NumberForm):
            numbers.append(form.read(arrays[name]))
        elif one.bad is not None:
            row, cell = one.bad
            raise DataError(f"{place(row, name)}: {cell!r} is no number.{remedy}")
        else:
            words = form.replace(
                "say which with task.decimal",
                "write the column with a decimal point and nothing between thousands",
            )
            raise DataError(f"{place(0, name)}: the column {words}.")
    return numbers
