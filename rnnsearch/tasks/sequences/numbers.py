"""Cells of texts as finite numbers, by what all cells of their columns show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.files.forms import Sample
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.numbers import NumberForm

_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(\.[0-9]{3})+")
"""A number whose points may be decimal signs or stand between thousands."""


def numbers_in(
    columns: Mapping[str, Sequence[str]],
    place: Callable[[int, str], str],
    remedy: str,
    path: Path | None = None,
    decimal: str | None = None,
) -> list[Floats]:
    """Columns as numbers.

    Where all cells are numbers with a decimal point, they are read as such. Where one is not, each
    column is read by the form that all of its cells show: with decimal commas, thousands
    separators or a unit. Where they leave the decimal sign open, it is the one that the other
    columns show, unless the sign is given.

    Args:
        columns: By name, cells that are not blank, as many in each.
        place: Gives the place of a cell, by its row and column, for a message.
        remedy: What to do about a cell that is no finite number, as a sentence with a blank before.
        path: The table, whose other columns may show the decimal sign; None for none.
        decimal: The decimal sign that the user named; None leaves it to the cells.

    Raises:
        DataError: A cell is no finite number, or may be two; its place is named.
    """
    if decimal == ",":
        numbers = _by_form(columns, place, remedy, path, decimal)
        _check_finite(columns, numbers, place, remedy)
        return numbers
    try:
        numbers = [np.array([float(cell) for cell in cells]) for cells in columns.values()]
        if decimal is None and path is not None and any(map(_may_be_thousands, columns.values())):
            sign = Sample(path).decimal
            numbers = _by_form(columns, place, remedy, path) if sign == "," else numbers
    except ValueError:
        numbers = _by_form(columns, place, remedy, path, decimal or "")
    _check_finite(columns, numbers, place, remedy)
    return numbers


def _check_finite(
    columns: Mapping[str, Sequence[str]],
    numbers: Sequence[Floats],
    place: Callable[[int, str], str],
    remedy: str,
) -> None:
    """Refuse cells that are no finite numbers; arguments as of `numbers_in`."""
    for (name, cells), values in zip(columns.items(), numbers, strict=True):
        if not np.isfinite(values).all():
            row = int(np.isfinite(values).argmin())
            raise DataError(f"{place(row, name)}: {cells[row]!r} is not finite.{remedy}")


def _may_be_thousands(cells: Sequence[str]) -> bool:
    """Whether the points in some cells may all stand between thousands."""
    pointed = [cell for cell in cells if "." in cell]
    return bool(pointed) and all(_THOUSANDS.fullmatch(cell) for cell in pointed)


def _by_form(
    columns: Mapping[str, Sequence[str]],
    place: Callable[[int, str], str],
    remedy: str,
    path: Path | None,
    decimal: str = "",
) -> list[Floats]:
    """Columns by their forms; NaN where a cell stands for an empty one."""
    arrays = {name: pyarrow.array(cells, pyarrow.string()) for name, cells in columns.items()}
    evidence = {name: NumberEvidence() for name in columns}
    for name, cells in arrays.items():
        evidence[name].add(cells)
    own = {name: one.proved_sign() for name, one in evidence.items()}
    signs = {sign for name, sign in own.items() if isinstance(evidence[name].form(), NumberForm)}
    shown = next(iter(signs - {""})) if len(signs - {""}) == 1 else ""
    if not (decimal or shown) and path is not None and "" in own.values():
        shown = Sample(path).decimal
    numbers = []
    for name, one in evidence.items():
        form = one.form(decimal, shown)
        if isinstance(form, NumberForm):
            numbers.append(form.read(arrays[name]))
        elif one.bad is not None:
            row, cell = one.bad
            raise DataError(f"{place(row, name)}: {cell!r} is no number.{remedy}")
        else:
            words = form.replace(
                "say which with task.decimal",
                "say which with task.decimal (of a file to predict, write the column with a "
                "decimal point and nothing between thousands)",
            )
            raise DataError(f"{place(0, name)}: the column {words}.")
    return numbers
