"""Words that stand in cells instead of numbers: for an empty cell, for yes and for no."""

from __future__ import annotations

from typing import Any

import pyarrow
from pyarrow import compute

EMPTY = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "-nan", "#N/A")
"""What stands in empty cells by common convention; no note is made of these."""

ODD_EMPTY = (
    *("-", "--", "---", "?", "??", ".", "*", "na", "<NA>", "none", "NONE", "Null", "nil", "\\N"),
    *("#NA", "#N/A N/A", "#VALUE!", "#DIV/0!", "missing", "Missing", "(null)", "NaT"),
)
"""Other words that mean an empty cell; where they count as one, a note says so."""

TRUTHS = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("ja", "nein"),
    ("oui", "non"),
    ("si", "no"),
    ("sí", "no"),
    ("sim", "não"),
    ("ja", "nee"),
)
"""Words for 1 and for 0, in upper or lower case."""


def stripped(cells: Any) -> Any:
    """Arrow strings without blanks around them, null for the words in `EMPTY`.

    Bytes in UTF-8 count as strings. Blanks are those of Unicode, non-breaking ones too.
    """
    cells = compute.utf8_trim_whitespace(cells)
    empty = compute.is_in(cells, value_set=pyarrow.array(EMPTY, cells.type))
    return compute.if_else(empty, pyarrow.scalar(None, cells.type), cells)


def without_odd(cells: Any) -> tuple[Any, dict[str, int]]:
    """Stripped cells with null for the words in `ODD_EMPTY`, and how often each of these stood
    there."""
    odd = compute.is_in(cells, value_set=pyarrow.array(ODD_EMPTY, cells.type))
    if not compute.any(odd).as_py():
        return cells, {}
    counted = compute.value_counts(cells.filter(odd))
    counts = {str(one["values"]): int(one["counts"].as_py()) for one in counted}
    return compute.if_else(odd, pyarrow.scalar(None, cells.type), cells), counts
