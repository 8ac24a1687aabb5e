"""Cells that a person gives to a trained model, read as those of training were."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import numpy as np

from rnnsearch.errors import ModelError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.files.columns import family
from rnnsearch.tasks.files.forms import Forms
from rnnsearch.tasks.files.table import coded_texts
from rnnsearch.tasks.files.written.reading import read_numbers
from rnnsearch.tasks.series.rows import Given

SHOWN = 10
"""How many names a message lists."""

COUNTED = ("whole", "number", "boolean")
"""Families of columns whose cells were texts in a file, and were read as something else."""


def numbers_as_trained(forms: Forms, given: Given, name: str) -> Floats:
    """Cells as float64, read as those of training were; NaN where a cell is empty.

    Raises:
        ModelError: A cell is infinite.
        DataError: A cell is no number.
    """
    cells = read_numbers(given.columns[name], forms.numbers.get(name), given.column(name))
    if np.isinf(cells).any():
        row = int(np.argmax(np.isinf(cells)))
        raise ModelError(f"{given.row(row)} has an infinite value of {name!r}.")
    return cells


def values_as_trained(given: Given, name: str, known: Sequence[str]) -> tuple[Ints, list[str]]:
    """The cells of a category: its values as training has them, and the place of each cell's value
    among these.

    Args:
        known: The values that training knows.

    Raises:
        ModelError: A number or truth value may mean several of the known ones.
        DataError: The column holds no texts.
    """
    column, codes = given.columns[name], dict[str, int]()
    places = coded_texts(column, codes, given.column(name)).astype(np.int64)
    written = list(codes)
    return places, known_as(written, known, name) if family(column.type) in COUNTED else written


def known_as(given: Sequence[str], known: Sequence[str], id: str) -> list[str]:
    """The names in training of ids that were read as numbers or truth values, such as 7 for 007.

    Args:
        given: The ids as texts.
        known: Names of the series of training.
        id: The column, for messages.

    Raises:
        ModelError: An id may mean several names.
    """
    alike: dict[Decimal | str, list[str]] = {}
    for name in known:
        alike.setdefault(_value(name), []).append(name)
    as_known = []
    for text in given:
        names = alike.get(_value(text), [text])
        if len(names) > 1:
            raise ModelError(
                f"the column {id!r} was read as numbers, and {text} may be "
                f"{' or '.join(map(repr, names[:SHOWN]))}; read it as text: "
                f"read_csv(..., dtype={{{id!r}: str}})."
            )
        as_known.append(names[0])
    return as_known


def _value(text: str) -> Decimal | str:
    """What two texts have in common that are read as the same number or truth value."""
    number = as_number(text)
    return text.lower() if number is None else number


def listed_names(names: Sequence[str]) -> str:
    """The first names of a list for a message, in quotes, with dots where there are more."""
    return ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")


def as_number(text: str) -> Decimal | None:
    """The number that a text writes; None where it writes none."""
    try:
        number = Decimal(text) if "_" not in text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def stranger(series: str, names: list[str]) -> str:
    """The message about a series that training never saw, with a name that may be meant."""
    number = as_number(series)
    alike = [name for name in names if number is not None and as_number(name) == number]
    return (
        f"the model never saw the series {series!r}; it knows {listed_names(names)}."
        + (f" Did you mean {alike[0]!r}?" if alike else "")
        + " With new_series true, a new series is scaled by its own rows."
    )
