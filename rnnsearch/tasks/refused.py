"""A task's config that is wrong in itself, as one error."""

from __future__ import annotations

from collections.abc import Sequence

from rnnsearch.errors import DataError


def refuse(wrong: Sequence[tuple[str, str]]) -> None:
    """Raise what the `problems` of a config found, if anything.

    Raises:
        DataError: With every key and what is wrong with its value.
    """
    if wrong:
        raise DataError("; ".join(f"task.{key}: {message}" for key, message in wrong))
