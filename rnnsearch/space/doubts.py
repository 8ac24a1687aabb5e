"""What is odd about a table as a whole, for `init` to say: names that are data, ids with gaps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from rnnsearch.space.sequence_findings import Cells
from rnnsearch.space.sequence_roles import is_id
from rnnsearch.tasks.files.survey import Column
from rnnsearch.tasks.files.written.times import is_number

FEWEST_NUMBERED = 3
"""So many names that are whole numbers in a row, as 2019, 2020, 2021, are taken for names."""

_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")


def names_like_data(columns: Mapping[str, Column]) -> str:
    """What is said of a table whose names of columns look like cells, as those of a file without a
    line of names; empty of another table."""
    odd = [name for name in columns if is_number(name) or _DATE.match(name)]
    whole = [int(name) for name in odd if name.isdecimal()]
    numbered = all(after - before == 1 for before, after in pairwise(whole))
    if (len(whole) == len(odd) and numbered and len(whole) >= FEWEST_NUMBERED) or not odd:
        return ""
    shown = ", ".join(map(repr, odd[:3]))
    return (
        f"a table without names of columns, since {shown} look like cells: then put a line of "
        "names above the first line, which is taken for names and is lost"
    )


def gaps_in_ids(path: Path, columns: Mapping[str, Column], id: str | None) -> list[str]:
    """Sentences on columns that are called ids, and have empty cells, so that none is taken.

    Args:
        id: The id that is taken.
    """
    names = [
        name
        for name, one in columns.items()
        if name != id and one.kind in ("text", "number") and is_id(name)
    ]
    if not names:
        return []
    cells, sentences = Cells(path, names), []
    for name in names:
        empty = ~np.array([bool(one) for one in cells.texts[name]])[cells.codes[name]]
        count = int(empty.sum())
        if count and 2 <= cells.different(name) <= cells.rows / 2:
            rows = f"{count:,} rows" if count > 1 else "1 row"
            sentences.append(
                f"sequences or series that {name!r} tells apart, once no cell of it is empty: it "
                f"is in {rows}, the first of them row {int(np.argmax(empty)) + 1:,} of the data"
            )
    return sentences
