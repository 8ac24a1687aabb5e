"""How values, parameters, tables and JSON are printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

GAP = "  "
"""What stands between the columns of a table."""


def short(value: object) -> str:
    """A value as a table shows it: a float with four digits, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def short_params(params: Mapping[str, Any]) -> str:
    """Parameters in a line, without the section of their keys: `cell=lstm hidden_size=24`."""
    return " ".join(f"{key.split('.', 1)[-1]}={short(value)}" for key, value in params.items())


def listed(texts: Sequence[str]) -> str:
    """Texts joined by commas; of more than eight, the first five and the last two."""
    shown = [*texts[:5], "...", *texts[-2:]] if len(texts) > 8 else texts
    return ", ".join(shown)


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with the same keys as a table below these keys; numbers stand to the right."""
    columns = list(rows[0])
    numeric = [
        all(isinstance(row[column], int | float | None) for row in rows) for column in columns
    ]
    cells = [columns, *([short(row[column]) for column in columns] for row in rows)]
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
