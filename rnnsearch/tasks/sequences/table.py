"""Which rows of a table of time steps belong to which sequence, and in which order.

Registered models carry code of their own, and some of it imports `rows_by_id` from here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray


def rows_by_id(ids: Iterable[Hashable]) -> dict[str, list[int]]:
    """The row numbers of each sequence, by its id; sequences in the order in which they first
    appear.

    Args:
        ids: The id of the sequence that each row belongs to.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(ids):
        rows.setdefault(str(name), []).append(row)
    return rows


def put_in_order(rows: list[int], times: NDArray[Any]) -> tuple[int, int] | None:
    """Sort the rows of a sequence by their times, in place.

    Args:
        rows: Numbers of the sequence's rows.
        times: The time of every row of the table.

    Returns:
        The first two rows that have the same time, or None.
    """
    rows.sort(key=lambda row: times[row])
    return next((two for two in pairwise(rows) if times[two[0]] == times[two[1]]), None)
