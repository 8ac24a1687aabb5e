"""Has the last word where Ray ends this process while it joins a cluster, or waits there for ever.

What Ray does in C++ when its head goes away meanwhile is out of reach for any `except`: it asks a
head that is gone for minutes, or it ends the process at once, with status 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from rnnsearch.search.tune.head_watch import answers, head_watched

LOST_SECONDS = 10.0
"""How long the head may be silent: nothing is lost yet that would be worth waiting for."""
_SPEAK = "import sys; sys.stdin.buffer.read(1) or sys.stderr.write(sys.argv[1])"


@contextmanager
def spoken_for(words: str) -> Iterator[Callable[[], None]]:
    """A context in whose course the end of this process is told, however it comes.

    Args:
        words: What is written to the standard error then, by a process that outlives this one.

    Yields:
        What has that process say nothing, for who ends this one with words of its own.
    """
    reader, writer = os.pipe()
    try:
        # In a session of its own, so that Ctrl-C does not reach it.
        speaker = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SPEAK, words],
            stdin=reader,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        os.close(reader)

    def hush() -> None:
        with suppress(BrokenPipeError):  # it has said its word, or was ended itself
            os.write(writer, b".")

    try:
        yield hush
    finally:
        hush()
        os.close(writer)
        speaker.wait()


@contextmanager
def joining(
    head: str | None,
    gone: Exception,
    end: Callable[[Exception], None],
    *,
    lost_seconds: float = LOST_SECONDS,
) -> Iterator[None]:
    """A context in which Ray starts, or joins a cluster.

    Args:
        head: HOST:PORT of the cluster's head; None where Ray starts on this machine.
        gone: What is told where it, or what starts here, goes away.
        end: Ends this process with that error.
        lost_seconds: How long the head may be silent.
    """
    with spoken_for(f"\nerror: {gone}\n") as hush:
        if head is None:
            yield
            return

        def stuck() -> None:
            hush()
            end(gone)

        with head_watched(
            partial(answers, head),
            lambda: None,
            stuck,
            lost_seconds=lost_seconds,
            leave_seconds=0.0,
        ):
            yield
