"""Which rows of a table of steps belong to which sequence.

Registered models carry code of their own, and some of it imports `rows_by_id` from here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable


def rows_by_id(ids: Iterable[Hashable]) -> dict[str, list[int]]:
    """Places of the rows of each sequence, in the order in which they first appear."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(ids):
        found.setdefault(str(name), []).append(row)
    return found
