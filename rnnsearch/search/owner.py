"""Who holds the lock of a study, and whether that driver still lives."""

from __future__ import annotations

import json
import os
import platform
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

STALE_SECONDS = 30.0
"""A lock of another machine that was not touched for so long is taken over."""


@dataclass(frozen=True)
class Owner:
    """The driver that holds a lock.

    Attributes:
        token: A random text that is unique to one acquisition.
        pid: The driver's process id.
        host: The name of its machine, for people.
        machine: Its machine, boot and process namespace: `pid` has a meaning only where this is
            equal.
        started: When the process started, in clock ticks since boot, since process ids are used
            again; empty where that is not known.
    """

    token: str
    pid: int
    host: str
    machine: str
    started: str


class LockPlace(Protocol):
    """Where a lock is kept.

    Each method raises OSError or StorageError where the place refuses.
    """

    def take(self, owner: Owner, judge: Callable[[Owner, float], None]) -> None:
        """Let the lock be that of `owner`, unless `judge` raises, without anybody in between.

        Args:
            judge: Called with the present owner and the seconds of its silence, if there is one.
        """

    def touch(self, owner: Owner) -> bool:
        """Give a sign of life; returns whether the lock is still that of `owner`."""

    def free(self, owner: Owner) -> None:
        """Free the lock, unless it is another's by now."""

    def standing(self) -> tuple[Owner, float] | None:
        """The owner and the seconds of its silence; None where the lock is free or was never
        taken."""


def is_live(held: Owner, silence: float) -> bool:
    """Whether the owner of a lock still runs, which touched it so many seconds ago."""
    if held.machine == _machine() and (started := _started(held.pid)) != "":
        return started == held.started
    return silence <= STALE_SECONDS


def this_process() -> Owner:
    pid = os.getpid()
    return Owner(uuid.uuid4().hex, pid, platform.node(), _machine(), _started(pid) or "")


def _machine() -> str:
    """A text that differs wherever process ids mean others: machines, boots, containers."""
    parts = [platform.node()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        parts += [boot.read_text(encoding="ascii").strip(), os.readlink("/proc/self/ns/pid")]
    return "|".join(parts)


def _started(pid: int) -> str | None:
    """When a process of this machine started; None if it is dead, "" where /proc is missing."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The fields after the name, which may hold spaces and parentheses. Field 3 is the state
        # of the process, and 22 its start.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # another user's process, which is alive
    return ""


def written(owner: Owner) -> str:
    """An owner as it is kept; `read_owner` reads it."""
    return json.dumps(asdict(owner))


def read_owner(text: str) -> Owner | None:
    """The owner in a text; None where it is empty or damaged."""
    try:
        return Owner(**json.loads(text))
    except (ValueError, TypeError):
        # An owner is written in one go while the lock is held. Half an owner means that its
        # machine died as it wrote, so the lock is free.
        return None
