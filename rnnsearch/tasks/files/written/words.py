"""Words that stand in cells instead of a number: for nothing, for yes and for no."""

from __future__ import annotations

from typing import Any

import pyarrow
from pyarrow import compute

EMPTY = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "-nan", "#N/A")
"""What a cell says when it is empty, beside saying nothing; no note is made of these."""

ODD_EMPTY = (
    *("-", "--", "---", "?", "??", ".", "*", "na", "<NA>", "none", "NONE", "Null", "nil", "\\N"),
    *("#NA", "#N/A N/A", "#VALUE!", "#DIV/0!", "missing", "Missing", "(null)", "NaT"),
)
"""Words that mean the same to their writers; where they count as empty, it is said."""

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
"""Words for 1 and for 0, in any case."""


def stripped(cells: Any) -> Any:
    """An Arrow array of strings without blanks around them; null where nothing is said.

    Bytes in UTF-8 count as strings; the blanks are Unicode's, those that do not break included.
    """
    cells = compute.utf8_trim_whitespace(cells)
    empty = compute.is_in(cells, value_set=pyarrow.array(EMPTY, cells.type))
    return compute.if_else(empty, pyarrow.scalar(None, cells.type), cells)


def without_odd(cells: Any) -> tuple[Any, dict[str, int]]:
    """Stripped cells with null for `ODD_EMPTY`, and how often each of these words stood there."""
    odd = compute.is_in(cells, value_set=pyarrow.array(ODD_EMPTY, cells.type))
    if not compute.any(odd).as_py():
        return cells, {}
    counted = compute.value_counts(cells.filter(odd))
    found = {str(one["values"]): int(one["counts"].as_py()) for one in counted}
    return compute.if_else(odd, pyarrow.scalar(None, cells.type), cells), found
