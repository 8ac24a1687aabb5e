"""What is to be said of the rows of a request, for an answer that travels without warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rnnsearch.errors import RowsWarning

NOTE = "note"
"""The column of an answer that says it."""

_alone = Lock()
"""Warnings are caught for the whole process, and a server answers in several threads."""


@contextmanager
def noting() -> Iterator[list[str]]:
    """Gather the texts of the warnings about rows, each once; they are given as ever too."""
    notes: list[str] = []
    with _alone:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield notes
            notes += dict.fromkeys(
                str(one.message) for one in caught if issubclass(one.category, RowsWarning)
            )
        for one in caught:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
