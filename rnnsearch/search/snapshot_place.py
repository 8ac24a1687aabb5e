"""Where packs keep their snapshots: a folder that every node sees, or one in an object store.

Packs on all nodes write there and read there. Nobody else may, so a file has one writer at a time.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rnnsearch.disk import replace_file
from rnnsearch.errors import PackError, StorageError, StoreAwayError
from rnnsearch.object_store.address import is_object_store
from rnnsearch.object_store.folder import ObjectFolder
from rnnsearch.search.in_time import InTime
from rnnsearch.training.snapshot import (
    TrialSnapshot,
    earlier,
    read_snapshots,
    snapshots_from_bytes,
    snapshots_to_bytes,
    write_snapshots,
)

REFUSALS = (OSError, StorageError)
"""What a place raises where it cannot be written to or read."""

READ_PATIENCE_SECONDS = 20.0
"""How long an object store that does not answer is asked again for a snapshot. Without it a
training starts from its seed; a snapshot that cannot be written costs less, so it is tried once."""

HANG_SECONDS = 60.0
"""How long an object store that hangs holds up a pack, which trains nothing meanwhile; one that
does not answer is given up earlier by its own library."""

_MARK = "seen-"
"""What the name of the driver's sign begins with; the run's token follows."""


class SnapshotPlace(Protocol):
    """A place for the snapshot files of a study's packs."""

    def mark(self, token: str) -> None:
        """Leave a sign by which packs know the place, in the place of older ones; it raises what
        `write` does."""

    def why_unseen(self, token: str) -> str:
        """Why this machine does not see the place that was marked; empty where it does.

        Args:
            token: What the place was marked with; empty where it was not, so that one that is
                there at all will do.
        """

    def try_out(self) -> None:
        """Write a small file and remove it; it raises what `write` does."""

    def write(self, name: str, states: Mapping[str, TrialSnapshot]) -> None:
        """Replace a file as a whole, and keep the one before it.

        Raises:
            OSError: The disk refused; both are as they were.
            StorageError: The object store refused, likewise.
        """

    def has_earlier(self, name: str) -> bool:
        """Whether there is a file before the last one of that name."""

    def read(self, name: str, *, before: bool = False) -> dict[str, TrialSnapshot]:
        """Read what `write` wrote.

        Args:
            before: Read the one before the last.

        Raises:
            PackError: It cannot be read, or is damaged.
        """

    def remove(self, name: str) -> None:
        """Remove a file and the one before it, if they are there; it raises what `write` does."""

    def clear(self) -> None:
        """Remove all that lies there; it raises what `write` does."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder, as a `SnapshotPlace`."""

    folder: Path

    def mark(self, token: str) -> None:
        for old in self.folder.glob(f"{_MARK}*"):
            old.unlink()
        replace_file(self.folder / f"{_MARK}{token}", "")

    def why_unseen(self, token: str) -> str:
        unseen = f"it does not see the folder {self.folder}"
        try:
            names = os.listdir(self.folder)  # a network file system asks its server again
        except OSError as error:
            return f"{unseen} ({error.strerror})"
        if not token or f"{_MARK}{token}" in names:
            return ""
        return f"{unseen}, but another one of that name"

    def try_out(self) -> None:
        path = self.folder / f"try-{uuid.uuid4().hex}"
        replace_file(path, "")
        path.unlink()

    def write(self, name: str, states: Mapping[str, TrialSnapshot]) -> None:
        write_snapshots(self.folder / name, states)

    def has_earlier(self, name: str) -> bool:
        return earlier(self.folder / name).exists()

    def read(self, name: str, *, before: bool = False) -> dict[str, TrialSnapshot]:
        path = self.folder / name
        return read_snapshots(earlier(path) if before else path)

    def remove(self, name: str) -> None:
        for path in (self.folder / name, earlier(self.folder / name)):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        if self.folder.is_dir():
            shutil.rmtree(self.folder)
            self.folder.mkdir()


@dataclass(slots=True)
class StorePlace:
    """A folder in an object store, as a `SnapshotPlace`.

    Args:
        hang_seconds: How long anything that is asked of the store may take.
    """

    folder: ObjectFolder
    hang_seconds: float = HANG_SECONDS
    _away: bool = field(default=False, init=False)
    _in_time: InTime = field(init=False)

    def __post_init__(self) -> None:
        self._in_time = InTime(self.hang_seconds, f"The object store of {self.folder}")

    def mark(self, token: str) -> None:
        for old in self.folder.names():
            if old.startswith(_MARK):
                self.folder.remove(old)
        self.folder.write(f"{_MARK}{token}", b"")

    def why_unseen(self, token: str) -> str:
        once = self.folder.waiting(0.0)
        try:
            seen = self._in_time.do(lambda: once.exists(f"{_MARK}{token}"))
        except StorageError as error:
            return str(error)
        if seen or not token:
            return ""
        return f"what it sees as {self.folder} is not what the driver sees"

    def try_out(self) -> None:
        name = f"try-{uuid.uuid4().hex}"
        self.folder.write(name, b"")
        self.folder.remove(name)

    def write(self, name: str, states: Mapping[str, TrialSnapshot]) -> None:
        data = snapshots_to_bytes(states)  # not in the other thread: the training goes on
        once = self.folder.waiting(0.0)

        def put() -> None:
            with suppress(FileNotFoundError):  # the pack writes for the first time
                once.copy(name, _before(name))
            once.write(name, data)

        self._in_time.do(put)

    def has_earlier(self, name: str) -> bool:
        patient = self._patient()
        try:
            return self._in_time.do(lambda: patient.exists(_before(name)))
        except StorageError:
            return True  # whoever reads it is told why it cannot be read

    def read(self, name: str, *, before: bool = False) -> dict[str, TrialSnapshot]:
        one, patient = _before(name) if before else name, self._patient()
        try:
            data = self._in_time.do(lambda: patient.read(one))
        except (FileNotFoundError, StorageError) as error:
            self._away = isinstance(error, StoreAwayError)
            raise PackError(f"cannot read the snapshot {self.folder}/{one}: {error}") from error
        self._away = False
        return snapshots_from_bytes(data)

    def remove(self, name: str) -> None:
        once = self.folder.waiting(0.0)

        def remove_both() -> None:
            for one in (name, _before(name)):
                once.remove(one)

        self._in_time.do(remove_both)

    def clear(self) -> None:
        self.folder.clear()

    def _patient(self) -> ObjectFolder:
        """The folder, which is waited for once: the next file finds it away as well."""
        return self.folder.waiting(0.0 if self._away else READ_PATIENCE_SECONDS)


def place_at(text: str) -> SnapshotPlace:
    """The place at a folder's path, or at an address such as `s3://bucket/folder`."""
    return StorePlace(ObjectFolder.at(text)) if is_object_store(text) else FolderPlace(Path(text))


def _before(name: str) -> str:
    """Where the snapshot before the last one lies, as it does on a disk."""
    return earlier(Path(name)).name
