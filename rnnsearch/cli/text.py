"""How tables and JSON are printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from rnnsearch.space.words import short

GAP = "  "
"""What stands between the columns of a table."""


def print_table(rows: Sequence[Mapping[str, Any]], digits: int = 4) -> None:
    """Print rows with the same keys as a table below these keys; numbers stand to the right."""
    columns = list(rows[0])
    numeric = [
        all(isinstance(row[column], int | float | None) for row in rows) for column in columns
    ]
    cells = [columns, *([short(row[column], digits) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    for line in cells:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        print(GAP.join(padded).rstrip())


def print_json(value: object) -> None:
    """Print one line of JSON, the last line of standard output.

    JSON knows neither infinity nor NaN: both are printed as null.
    """
    print(json.dumps(to_jsonable_python(value, inf_nan_mode="null"), allow_nan=False), flush=True)
