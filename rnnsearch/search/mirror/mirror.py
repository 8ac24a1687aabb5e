"""The copy of a study's folder in an object store.

Who opens a study fetches what differs from the folder on this machine (`refresh`). The driver, once
it holds the study's lock, takes the copy over (`claim`), and from then on whatever changes in its
folder is pushed (`push`): everything but snapshots, which packs write to the store themselves.

What order holds, so that a machine that is lost with its folder takes nothing along that the ledger
tells of:

1.  Space file, code and data are there before the ledger has its first record.
2.  What a trial reports goes to the database in the ledger's own statement, with its records, and
    is deleted from there once the segments of the outbox that hold it are in the store. `resume` on
    another machine hands it to the records again, where writing twice changes nothing.
3.  A champion's checkpoints are there before the ledger names it; other checkpoints may be missing,
    and `resume` trains these again from their seeds, to the same weights.
4.  A list of all files, with their checksums, is written after them (`index`). A checkpoint whose
    files are not those of the list was caught halfway: it counts as missing.
5.  Files are removed from the store after the list that lacks them is there.
6.  How far the records are (`STATE`) is read before what it speaks of, which their writer, another
    process, changes meanwhile: segments that it need not read again, and events that it holds back
    in files of their own (`HELD`). It is written after all that, and after a list that names those
    files; nothing is removed, or forgotten by the database, where a file could not be read.

The list names the folder that it was written from. A folder of another name is an old one, and is
fetched anew; and a driver whose list was replaced by another's pushes no more.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rnnsearch.disk import replace_file
from rnnsearch.errors import StorageError, StudyLockedError
from rnnsearch.search.mirror.contents import HELD, LOGS, STATE, Stamp, stamps_of, unit_of
from rnnsearch.search.mirror.index import INDEX, Entry, Index
from rnnsearch.search.mirror.local import Local, fetch
from rnnsearch.search.mirror.remote import Remote

STOP = "stop"
AGAIN_SECONDS = 2.0
"""A process asks at most so often whether a study that it reads has changed."""
LOG_SECONDS = 20.0
"""A log, which grows all the time, is pushed at most so often."""


class Mirror:
    """One study's folder on this machine, and in an object store. Threads may share it.

    Args:
        remote: The study's folder in the store.
        root: That on this machine; its parent stands for the storage.
        clock: Gives seconds that never fall.

    Attributes:
        fetched: Whether `claim` found a folder on this machine that was not the newest one, so that
            what its driver had told nobody yet must be told again.
        mark: Called before a push looks at the folder; `pushed` gets its answer once all that was
            there then is in the store.
    """

    def __init__(
        self, remote: Remote, root: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.remote, self.root = remote, root
        self._local = Local(root)
        self.fetched = False
        self.mark: Callable[[], int] = lambda: 0
        self.pushed: Callable[[int], None] = lambda answer: None
        self._clock = clock
        self._lock = threading.RLock()
        self._looked: float | None = None
        self._there: Index | None = None
        self._files: dict[str, Entry] = {}
        self._seen: dict[str, Stamp] = {}
        self._logged: dict[str, float] = {}
        self._leftover: set[str] = set()
        self._listed = True

    @property
    def claimed(self) -> bool:
        """Whether this process is the study's driver."""
        return self._there is not None

    def refresh(self, tell: Callable[[str], None], *, light: bool = False) -> None:
        """Fetch what differs from this machine's folder, unless that is the newest one.

        A study that is not in the store any more is put aside here.

        Args:
            tell: Called with what was fetched, in a line.
            light: Leave out what is not needed to list the study.

        Raises:
            StorageError: The store does not answer, or refuses.
            OSError: The disk refused.
        """
        now = self._clock()
        if self.claimed or (self._looked is not None and now - self._looked < AGAIN_SECONDS):
            return
        if not light:
            self._looked = now
        with self._local.alone():
            there = self._listing()
            if there is None:
                self._local.put_aside()
            elif self._local.index().turn != there.turn:
                fetch(self._local, self.remote, self._listing, tell, light=light)

    def claim(self, tell: Callable[[str], None]) -> None:
        """Make this folder the one that the store is a copy of; the caller holds the study's lock.

        The arguments and errors are those of `refresh`.
        """
        with self._lock, self._local.alone():
            there = self._listing()
            self.fetched = there is not None and self._local.index().turn != there.turn
            if self.fetched:
                there = fetch(self._local, self.remote, self._listing, tell, light=False)
            there = replace(there or Index(), turn=uuid.uuid4().hex)
            self._local.save(there)
            self.remote.write(INDEX, there.to_json())
            self.remote.remove(STOP)
            self._there, self._files = there, dict(there.files)
            self._seen, self._logged, self._leftover = {}, {}, set()

    def push(self, *, logs: bool = True) -> None:
        """Bring the store up to what this machine's folder holds.

        Args:
            logs: Push logs too that were pushed a moment ago.

        Raises:
            StorageError: The store does not answer, or refuses; the next call goes on.
            StudyLockedError: Another driver has taken the study over.
            OSError: A file cannot be read.
        """
        with self._lock:
            if self._there is None:
                return
            answer = self.mark()
            progress = self._local.progress()
            stamps = stamps_of(self.root)
            if progress is None:
                stamps.pop(STATE, None)
            else:
                stamps[STATE] = progress[0]
            if self._local.index().turn != self._there.turn:
                raise StorageError(f"{self.root} is gone, so nothing of it is pushed any more.")
            changed = self._changed(stamps, logs=logs)
            gone = [name for name in self._files if name not in stamps]
            whole = True
            if changed or gone or not self._listed:
                self._check_ours()
                whole = self._push(changed, stamps, gone, b"" if progress is None else progress[1])
            for name in sorted(self._leftover):
                self.remote.remove(name)
                self._leftover.discard(name)
            if whole:
                self.pushed(answer)

    def behind(self) -> tuple[int, int]:
        """How many files the store lacks, or has older ones of, and their bytes."""
        with self._lock:
            stamps = stamps_of(self.root) if self.claimed else {}
            changed = self._changed(stamps, logs=True)
            return len(changed), sum(stamps[name].size for name in changed)

    def release(self) -> None:
        """Push nothing from now on; this machine's folder stays the newest one."""
        with self._lock:
            self._there = None

    def exists(self) -> bool:
        """Whether the store has such a study."""
        return self.claimed or self.remote.exists(INDEX)

    def ask_to_stop(self) -> None:
        """Ask the study's driver, on whatever machine, to stop."""
        self.remote.write(STOP, f"{time.time()}\n".encode())

    def hear_stop(self) -> None:
        """Hand on what another machine has asked."""
        if self.claimed and self.remote.exists(STOP):
            replace_file(self.root / STOP, f"{time.time()}\n")
            self.remote.remove(STOP)

    def delete(self) -> None:
        """Remove the study from the store."""
        self.remote.clear()

    def size_bytes(self) -> int:
        """The bytes of all files in the store."""
        return sum(self.remote.sizes().values())

    def _changed(self, stamps: dict[str, Stamp], *, logs: bool) -> list[str]:
        """The files whose contents may differ from what the store has."""
        since = self._clock() - LOG_SECONDS
        return [
            name
            for name, stamp in stamps.items()
            if self._seen.get(name) != stamp
            and (logs or not name.startswith(LOGS) or self._logged.get(name, since) <= since)
        ]

    def _push(
        self, changed: Sequence[str], stamps: dict[str, Stamp], gone: Sequence[str], progress: bytes
    ) -> bool:
        """Write what has changed, and the list of it; whether nothing is left for the next push.

        Args:
            progress: What `STATE` holds, if it is among what has changed.
        """
        whole = True
        for unit in sorted({unit_of(name) for name in changed} - {STATE}):
            names = [name for name in stamps if unit_of(name) == unit]
            contents = self._local.read(names)
            if contents is None:
                whole = False  # it is being replaced; the next push finds it whole
                continue
            for name, data in contents.items():
                self._write(name, data, stamps[name])
        if whole and STATE in changed:
            if any(name.startswith(HELD) for name in self._unlisted()):
                self._list()
            self._write(STATE, progress, stamps[STATE])
        for name in gone if whole else ():
            self._listed = False
            del self._files[name]
            self._seen.pop(name, None)
            self._leftover.add(name)
        if not self._listed:
            self._list()
        return whole

    def _write(self, name: str, data: bytes, stamp: Stamp) -> None:
        """Write a file, unless the store has it."""
        entry = Entry.of(data)
        if self._files.get(name) != entry:
            self._listed = False
            self.remote.write(name, data)
            self._files[name] = entry
        self._seen[name] = stamp
        self._logged[name] = self._clock()

    def _unlisted(self) -> set[str]:
        """The files in the store that its list does not name."""
        assert self._there is not None
        return self._files.keys() - self._there.files.keys()

    def _list(self) -> None:
        """Write the list of what the store has."""
        assert self._there is not None
        self._there = replace(self._there, files=dict(self._files))
        self.remote.write(INDEX, self._there.to_json())
        self._listed = True

    def _check_ours(self) -> None:
        assert self._there is not None
        there = self._listing()
        if there is None or there.turn != self._there.turn:
            what = "is not there any more" if there is None else "was taken over by another driver"
            self.release()
            raise StudyLockedError(
                f"the study in {self.remote} {what}, so this one pushes no more to it"
            )

    def _listing(self) -> Index | None:
        """The list in the store; None where there is none."""
        try:
            data = self.remote.read(INDEX)
        except FileNotFoundError:
            return None
        return Index.from_json(data, f"{self.remote}/{INDEX}")
