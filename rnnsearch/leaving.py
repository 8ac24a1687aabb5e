"""End a process that has done its work without the seconds that Python takes to free its memory."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any, NoReturn

STANDARD_OUTPUT = "the standard output"


def leave(status: int) -> NoReturn:
    """End this process as the interpreter would, without taking it apart first.

    Threads are waited for, functions that are registered for the exit run, and both streams are
    flushed. What is left out is to free, object by object, what torch, Ray and MLflow have loaded,
    which takes a core one to two seconds after the last output.
    """
    # The interpreter itself calls this at its end: it tells the idle workers of thread pools to
    # leave, for which a mere `join` would wait for ever, and waits for all threads but daemons.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        sys.exit(status)  # the reader is gone, of which the interpreter warns in its own way
    except OSError as error:
        if not status:  # else the error was told already
            print(f"error: {STANDARD_OUTPUT}: {error.strerror}", file=sys.stderr)
        os._exit(status or 2)
    os._exit(status)


class _Output(FileIO):
    """The standard output, whose errors name it, as those of other files do."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = STANDARD_OUTPUT
            raise


def name_output() -> None:
    """Have errors of the standard output, such as those of a full disk, name it."""
    before = sys.stdout
    if isinstance(before, TextIOWrapper):
        raw = _Output(before.fileno(), "w", closefd=False)
        # With PYTHONUNBUFFERED, which Ray sets for jobs, what is printed is written at once.
        unbuffered = isinstance(before.buffer, FileIO)
        sys.stdout = TextIOWrapper(
            raw if unbuffered else BufferedWriter(raw),
            encoding=before.encoding,
            errors=before.errors,
            line_buffering=before.line_buffering,
            write_through=before.write_through,
        )
