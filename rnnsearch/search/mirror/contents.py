"""Which files of a study's folder go to the object store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from rnnsearch.search.mirror.index import INDEX

CHECKPOINTS, OUTBOX, LOGS = "checkpoints/", "outbox/", "logs/"
STATE = "outbox/state.json"
"""Says how far the records are; written after the segments of the outbox that it speaks of."""
HELD = "outbox/held/"
"""Events of trials whose records wait, which it counts as done."""

_LOCAL = frozenset({INDEX, "lock", "stop", "ledger.journal"})
"""Mean something on this machine alone."""
_LOCAL_FOLDERS = ("snapshots/", "scratch/", "outbox/scratch/")
"""Packs write their snapshots to the store themselves; the others are for this run alone."""
_LOCAL_IN_OUTBOX = frozenset({"outbox/pulse", "outbox/writer.lock", "outbox/writer.waiting"})
_HEAVY = (CHECKPOINTS, LOGS, "figures/", "sent/", ".arrays/")


class Stamp(NamedTuple):
    """What changes with the contents of a file."""

    size: int
    changed: int
    node: int


def stamps_of(root: Path) -> dict[str, Stamp]:
    """The files of a study that go to the store, by their names there.

    A file that vanishes meanwhile is left out.
    """
    stamps: dict[str, Stamp] = {}
    for folder, _, files in os.walk(root):
        for file in files:
            path = Path(folder) / file
            name = path.relative_to(root).as_posix()
            if goes(name) and (stamp := stamp_of(path)) is not None:
                stamps[name] = stamp
    return stamps


def stamp_of(path: Path) -> Stamp | None:
    """That of one file; None where there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def goes(name: str) -> bool:
    """Whether a file of that name goes to the store; half written ones do not."""
    base = name.rpartition("/")[2]
    if name in _LOCAL or name in _LOCAL_IN_OUTBOX or name.startswith(_LOCAL_FOLDERS):
        return False
    return not base.endswith(".new") and not base.startswith(".seen-")


def is_heavy(name: str) -> bool:
    """Whether a file is needed only by who opens the study, and not by who lists it."""
    return name.startswith(_HEAVY)


def unit_of(name: str) -> str:
    """What must be whole to be of use: a checkpoint's folder, else the file itself."""
    if name.startswith(CHECKPOINTS) and name.count("/") > 1:
        return name.rpartition("/")[0]
    return name
