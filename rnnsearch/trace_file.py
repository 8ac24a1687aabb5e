"""Keeps the traceback of an error that a study goes on without, beside its other logs."""

from __future__ import annotations

import traceback
from pathlib import Path

from rnnsearch.commands import shown


def keep_trace(log: Path) -> str:
    """Write the traceback of the exception that is being handled into a file of its own.

    A full disk is often what broke in the first place, so this never raises an `OSError`.

    Returns:
        Where it lies, or why it lies nowhere, for the end of the line that tells of the error.
    """
    try:
        log.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError as error:
        return f"no traceback was kept in {shown(log)}: {error.strerror or error}"
    return shown(log)
