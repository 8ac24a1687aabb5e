"""How a file that is like another one is written, so that its rows may be appended to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnsearch.tasks.files.forms import Forms
from rnnsearch.tasks.files.header import header
from rnnsearch.tasks.files.opened import is_parquet


def csv_like(manifest: Mapping[str, Any], path: Path) -> dict[str, str]:
    """The arguments of pandas' `to_csv` that write forecasts as a table was written: with its sign
    between cells, and the decimal sign of its targets.

    Args:
        manifest: Of the model.
        path: The table.
    """
    if is_parquet(path) or "forms" not in manifest:
        return {}
    numbers = Forms.from_json(manifest["forms"]).numbers
    commas = [name in numbers and numbers[name].decimal == "," for name in manifest["targets"]]
    return {"sep": header(path).delimiter, "decimal": "," if all(commas) else "."}
