"""Columns of a panel that have one value in each series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.series.inputs.categories import EMPTY, shown


def one_value(cells: Floats, values: Sequence[str] | None = None) -> float | str:
    """The value that the cells of one series have, empty ones aside; or in words why there is none.

    Args:
        cells: Numbers, NaN where a cell is empty; or places in `values`.
        values: Of a category its values, among which an empty cell counts if there is no other.
    """
    distinct = np.unique(cells[~np.isnan(cells)]).tolist()
    if values is not None:
        filled = [one for one in distinct if values[int(one)] != EMPTY]
        distinct = filled or distinct
    if not distinct:
        return "has no value"
    if len(distinct) == 1:
        return float(distinct[0])
    two = [f"{one:g}" if values is None else shown(values[int(one)]) for one in distinct[:2]]
    more = f" and {len(distinct) - 2:,} more values" if len(distinct) > 2 else ""
    return f"is {', '.join(two)}{more}" if more else f"is {' and '.join(two)}"
