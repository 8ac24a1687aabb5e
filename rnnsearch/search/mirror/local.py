"""A study's folder on this machine, as the counterpart of what lies in an object store."""

from __future__ import annotations

import fcntl
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rnnsearch.cached_store import make_folder
from rnnsearch.disk import replace_file
from rnnsearch.search.mirror.contents import (
    CHECKPOINTS,
    LOGS,
    STATE,
    Stamp,
    goes,
    is_heavy,
    stamp_of,
    stamps_of,
    unit_of,
)
from rnnsearch.search.mirror.index import INDEX, Entry, Index
from rnnsearch.search.mirror.remote import Remote

READS = 3
"""How often files are fetched anew that their writer replaces meanwhile."""


@dataclass(frozen=True)
class Local:
    """The folder; its parent stands for the storage in the store."""

    root: Path

    def index(self) -> Index:
        """The list of files as of the last fetch, or claim; an empty one where there is none."""
        path = self.root / INDEX
        try:
            return Index.from_json(path.read_bytes(), str(path))
        except FileNotFoundError:
            return Index()

    def save(self, index: Index) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        replace_file(self.root / INDEX, index.to_json())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A context in which no other process of this machine fetches the study or takes it."""
        make_folder(self.root.parent)
        with (self.root.parent / f".{self.root.name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def read(self, names: Sequence[str]) -> dict[str, bytes] | None:
        """What files hold that belong together; None where they are being replaced.

        A checkpoint without its description is being replaced.
        """
        before = [stamp_of(self.root / name) for name in names]
        try:
            contents = {name: (self.root / name).read_bytes() for name in names}
        except FileNotFoundError:
            return None
        if names[0].startswith(CHECKPOINTS):
            described = any(name.endswith("/config.json") for name in names)
            if not described or before != [stamp_of(self.root / name) for name in names]:
                return None
        return contents

    def progress(self) -> tuple[Stamp, bytes] | None:
        """How far the records are, with a stamp that is not newer than that; None where nothing
        says it."""
        stamp = stamp_of(self.root / STATE)
        try:
            return None if stamp is None else (stamp, (self.root / STATE).read_bytes())
        except FileNotFoundError:
            return None

    def has(self, name: str, entry: Entry) -> bool:
        """Whether a file is there, and holds what it should."""
        stamp = stamp_of(self.root / name)
        if stamp is None or stamp.size != entry.size:
            return False
        return Entry.of((self.root / name).read_bytes()) == entry

    def put_aside(self) -> None:
        """Keep a folder whose study is not in the store, under a name that is none of a study."""
        if (self.root / INDEX).exists():
            aside = self.root.parent / f".gone-{self.root.name}-{uuid.uuid4().hex[:8]}"
            shutil.move(self.root, aside)


def fetch(
    local: Local,
    remote: Remote,
    listing: Callable[[], Index | None],
    tell: Callable[[str], None],
    *,
    light: bool,
) -> Index:
    """Fetch what the store has and this machine has not.

    A checkpoint whose files are not those of the list is left out, and is missing afterwards.

    Args:
        listing: Reads the list in the store, which has one.
        light: Leave out what is not needed to list the study.

    Returns:
        The list that was read last, without what was left out.
    """
    fetched: dict[str, int] = {}
    there = Index()
    broken: set[str] = set()
    for _ in range(READS):
        there = listing() or there
        broken = set()
        for name, entry in there.files.items():
            if (light and is_heavy(name)) or not _is_sound(name) or local.has(name, entry):
                continue
            try:
                data = remote.read(name)
            except FileNotFoundError:
                broken.add(name)
                continue
            if Entry.of(data) != entry:
                broken.add(name)
            path = local.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, data)
            fetched[name] = len(data)
        if not broken:
            break
    lost = {unit_of(name) for name in broken if name.startswith(CHECKPOINTS)}
    files = {name: one for name, one in there.files.items() if unit_of(name) not in lost}
    there = replace(there, files=files)
    if not light:
        _remove_old(local.root, there)
        if fetched:
            size = sum(fetched.values()) / 1e6
            tell(f"fetched {len(fetched)} files ({size:.1f} MB) of {remote} to {local.root}")
    local.save(replace(there, turn=""))
    return there


def _remove_old(root: Path, there: Index) -> None:
    """Remove files of another time, which would be taken for those of now, and pushed as such.

    Logs stay: those of a driver that could push no more lie nowhere else.
    """
    for name in stamps_of(root):
        if not name.startswith(LOGS) and name not in there.files:
            (root / name).unlink(missing_ok=True)


def _is_sound(name: str) -> bool:
    """Whether a name lies in the study's folder; what else a list names is not written."""
    return goes(name) and not name.startswith("/") and ".." not in name.split("/")
