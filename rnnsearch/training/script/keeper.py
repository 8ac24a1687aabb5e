"""Starts a script's process, and sees to it that nothing of it stays behind.

The keeper is a process of its own between a pack and the script's process. It holds no torch, and
nothing of a person's runs in it, so it ends the script even where the pack was killed and the
script holds Python's lock in a call of C. It is no child of the pack, since Ray kills those at
once when a pack ends, and the script is to have its time.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

BOOT = """\
import json, sys
given = json.loads(sys.argv.pop())
sys.path[:] = given["path"]
from rnnsearch.training.script.keeper import main
main(given)
"""
"""What Python is started with, by `-P -c`, before a JSON object of `path` and what `main` takes."""

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that end a process, but not the keeper, which outlives the script's."""

LOOK_SECONDS = 0.05
"""Between two looks whether the script's process has ended."""

_SET_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux."""


def main(given: dict[str, Any]) -> NoReturn:
    """Run a script in a process of its own, whose keeper this process makes."""

    def work() -> None:
        from rnnsearch.training.script.served import serve

        serve(given["pipe"])

    keep(given["alive"], given["status"], given["grace"], work, given["pipe"])


def keep(alive: int, status: int, grace: float, work: Callable[[], None], *closed: int) -> NoReturn:
    """Run something in a process of its own, until it ends or the pack lets go of it.

    The calling process ends at once; the keeper and the process of the work end with the work.

    Args:
        alive: A pipe to read from, which the pack closes when the process is to end, or with its
            own death.
        status: A pipe to write to. The process's status goes there, as `os.waitpid` gives it.
        grace: Seconds between SIGTERM and SIGKILL.
        work: What is run.
        closed: What belongs to the work alone, and the keeper closes.
    """
    if os.fork():
        os._exit(0)
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    script = os.fork()
    if not script:
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        _begin(os.getppid())
        os.close(alive)
        os.close(status)
        work()
        sys.exit(0)
    for one in closed:
        os.close(one)
    ended = _ended(script, alive)
    if ended is None:
        os.kill(script, signal.SIGTERM)
        ended = _ended(script, None, grace)
    _kill_group(script)
    if ended is None:
        ended = os.waitpid(script, 0)[1]
    with suppress(BrokenPipeError):  # the pack is gone
        os.write(status, str(ended).encode())
    os._exit(0)


def _begin(keeper: int) -> None:
    """Make the calling process the head of a group that ends with the keeper."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)


def _ended(script: int, alive: int | None, seconds: float = float("inf")) -> int | None:
    """Wait for the end of the script's process.

    Returns:
        Its status; None where the pack has let go of it before, or the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        pid, status = os.waitpid(script, os.WNOHANG)
        if pid:
            return status
        if time.monotonic() >= end:
            return None
        if select.select([] if alive is None else [alive], [], [], LOOK_SECONDS)[0]:
            return None


def _kill_group(script: int) -> None:
    """End whatever the script's process started and left, and itself if it is still there."""
    with suppress(ProcessLookupError, PermissionError):  # nobody is left, or zombies on macOS
        os.killpg(script, signal.SIGKILL)
