"""The pages of a storage's studies as a server shows them: made when a ledger has changed."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.search.directory import StudyDirectory, list_studies
from rnnsearch.search.lock import held_by, is_running
from rnnsearch.study.watching import Sight, sight_of, stamp

if TYPE_CHECKING:
    from rnnsearch.search.ledger.reading import LedgerReader
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.search.lock import Held
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.study.result import StudyResult

SECONDS = 5.0
"""A page is made anew at most so often, and a browser asks as often."""
REST = 10.0
"""After a page that took a second to make, at least so many seconds pass."""

_MAKING = threading.Lock()
"""One page is made at a time."""


@dataclass(frozen=True, slots=True)
class Version:
    """A page as it was at one time.

    Attributes:
        tag: Changes with whatever the page tells.
        sight: How the study stood.
        run: How its last run had gone.
    """

    tag: str
    html: bytes
    sight: Sight
    run: RunFigures | None


@dataclass
class LivePage:
    """The page of one study.

    Args:
        clock: Gives seconds that never fall.
    """

    directory: StudyDirectory
    clock: Callable[[], float] = time.monotonic
    _version: Version | None = None
    _tag: str = ""
    _due: float = 0.0
    _reading: tuple[tuple[int, int], StudySpec, LedgerReader] | None = None
    _nonce: str = field(default_factory=lambda: str(time.time_ns()))

    def current(self) -> Version:
        """The page; the last one where nothing has changed since, or where its turn has not come.

        Raises:
            RnnsearchError: It cannot be made, such as of a study that has no ledger yet.
        """
        # First the lock: a driver writes how it ended, and then lets the lock go.
        held = held_by(self.directory)
        tag = self._tag_of(held)
        last = self._version
        if last is not None and last.tag == tag:  # a driver may be suspended meanwhile
            return replace(last, sight=sight_of(self.directory, last.run, held))
        if last is not None and self.clock() < self._due:
            return last
        if not _MAKING.acquire(blocking=last is None):
            assert last is not None
            return last  # a page is being made, perhaps this one
        try:
            if self._version is None or self._version.tag != tag:
                began = self.clock()
                self._version = self._made(tag, held)
                now = self.clock()
                self._due = now + max(SECONDS, REST * (now - began))
            return self._version
        finally:
            _MAKING.release()

    def _tag_of(self, held: Held | None) -> str:
        """What changes with the ledger, and with who holds the lock; the same file may come again
        with another version of this program, hence the server's own number."""
        place = self.directory.ledger_place
        size = place.stamp() if place.exists() else None
        owner = None if held is None else (held.owner.token, held.live)
        return hashlib.sha256(repr((self._nonce, size, owner)).encode()).hexdigest()[:24]

    def _made(self, tag: str, held: Held | None) -> Version:
        from rnnsearch.report.page import Live, page
        from rnnsearch.study.reporting import subject_of

        result = self._result()
        sight = sight_of(self.directory, result.run, held)
        subject = subject_of(result)
        if sight.phase != "over":
            subject = replace(subject, state=sight.phase, reason=sight.text)
        live = Live(tag, sight.phase, sentence(sight), SECONDS)
        return Version(tag, page([subject], live).encode(), sight, result.run)

    def _result(self) -> StudyResult:
        """The study's result, of whose ledger only what is new is read."""
        from rnnsearch.search.ledger.reading import LedgerReader
        from rnnsearch.study.result import StudyResult
        from rnnsearch.study.study import Study

        size = stamp(self.directory.yaml)
        if self._reading is None or self._reading[0] != size:  # a driver writes it as it begins
            spec = Study.open(self.directory.name, storage=self.directory.storage).spec
            self._reading = (size, spec, LedgerReader(self.directory, spec))
        _, spec, reader = self._reading
        return StudyResult.read(spec, self.directory, reader)


def sentence(sight: Sight) -> str:
    """What the page says of how the study stands."""
    text = sight.text
    if sight.phase == "running":
        return f"{text}." if text else "The study runs, and this page follows it."
    if sight.phase == "idle":
        return f"{text}; this page waits for one."
    then = f" To go on: {sight.remedy}" if sight.remedy else ""
    return f"{text}. This page asks for nothing more.{then}"


class LivePages:
    """The pages of a storage's studies.

    Args:
        only: The one study that is shown; None shows all that lie in the storage at the time.
    """

    def __init__(self, storage: Path, only: str | None = None) -> None:
        self._storage, self._only = storage, only
        self._pages: dict[str, LivePage] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> LivePage | None:
        """The page of a study; None where no such study is shown. No path is made of the name."""
        directory = next((one for one in self._studies() if one.name == name), None)
        if directory is None:
            return None
        with self._lock:
            return self._pages.setdefault(name, LivePage(directory))

    def index(self) -> bytes:
        """The page that leads to the others."""
        from rnnsearch.report.page import index

        rows = []
        for study in self._studies():
            place = study.ledger_place
            moment = place.changed() if place.exists() else study.yaml.stat().st_mtime
            changed = datetime.fromtimestamp(moment)
            state = "running" if is_running(study) else ""
            rows.append((study.name, state, f"{changed:%Y-%m-%d %H:%M}"))
        return index(rows).encode()

    def _studies(self) -> list[StudyDirectory]:
        return [one for one in list_studies(self._storage) if self._only in (None, one.name)]
