"""Which rows of a table of time steps belong to which sequence.

Registered models carry code of their own, and some of it imports `rows_by_id` from here.
"""

from __future__ import annotations

from rnnsearch.tasks.sequences.table import rows_by_id

__all__ = ["rows_by_id"]
