"""How values, parameters, paths, tables and JSON look on the screen."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

GAP = "  "


def short(value: object) -> str:
    """A value as a cell shows it: four digits of a float, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def short_params(params: Mapping[str, Any]) -> str:
    """`cell=lstm hidden_size=24`: parameters without their section."""
    return " ".join(f"{key.split('.', 1)[-1]}={short(value)}" for key, value in params.items())


def listed(texts: Sequence[str]) -> str:
    """Texts with commas between; of more than eight the first five and the last two."""
    shown = [*texts[:5], "...", *texts[-2:]] if len(texts) > 8 else texts
    return ", ".join(shown)


def print_table(rows: Sequence[Mapping[str, Any]], file: TextIO | None = None) -> None:
    """Rows of equal keys under their names, numbers to the right."""
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
        print(GAP.join(padded).rstrip(), file=file or sys.stdout)


def print_json(value: Any) -> None:
    """One line on standard output, the last of it; what is not finite becomes null."""
    print(json.dumps(finite(value), allow_nan=False), flush=True)


def finite(value: Any) -> Any:
    """A value as JSON has it: JSON knows no infinity."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
