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

_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36
"""`PR_SET_PDEATHSIG` and `PR_SET_CHILD_SUBREAPER` of Linux: the first ends the script's process
with its keeper, the second makes the keeper the parent of processes whose own has ended."""


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
    _set(_CHILD_SUBREAPER, 1)
    keeper, script = os.getpid(), os.fork()
    if not script:
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        _set(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)
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
    if ended is None:
        os.kill(script, signal.SIGKILL)
        ended = os.waitpid(script, 0)[1]
    _kill_rest(script)
    with suppress(BrokenPipeError):  # the pack is gone
        os.write(status, str(ended).encode())
    os._exit(0)


def _set(option: int, value: int) -> None:
    """Set an option of the calling process that Linux alone has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _ended(script: int, alive: int | None, seconds: float = float("inf")) -> int | None:
    """Wait for the end of the script's process.

    Returns:
        Its status; None where the pack has let go of it before, or the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)  # those that the script left behind, too
        if pid == script:
            return status
        if time.monotonic() >= end:
            return None
        if select.select([] if alive is None else [alive], [], [], LOOK_SECONDS)[0]:
            return None


def _kill_rest(script: int) -> None:
    """Kill whatever the script's process started and left: on Linux also what has left its group,
    since all that it started are the keeper's children once their parents have ended."""
    with suppress(ProcessLookupError, PermissionError):  # nobody is left, or zombies on macOS
        os.killpg(script, signal.SIGKILL)
    children = f"/proc/self/task/{os.getpid()}/children"
    with suppress(ChildProcessError):  # that is the end
        while True:
            with suppress(FileNotFoundError), open(children, encoding="ascii") as file:
                for child in file.read().split():
                    os.kill(int(child), signal.SIGKILL)
            os.waitpid(-1, 0)
