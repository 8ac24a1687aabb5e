"""A study in an object store: its driver's folder is copied there, and what was lost is told again.

What an object store needs beside itself is looked at before anything is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.cached_store import address_of
from rnnsearch.commands import command
from rnnsearch.errors import StorageError
from rnnsearch.records.events_codec import decode, encode
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.writer_state import EVERYTHING, WriterState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.mirror.keeping import PATIENCE_SECONDS, Keeper

if TYPE_CHECKING:
    from rnnsearch.records.recorder import Recorder
    from rnnsearch.records.tracking_uri import TrackingStore
    from rnnsearch.search.kept_events import KeptEvents
    from rnnsearch.search.ledger.ledger import Ledger

HURRIED_SECONDS = 5.0
"""How long a driver that was interrupted at once waits for a store that does not answer."""
CHAMPION_SECONDS = 60.0
"""How long a champion's checkpoints are waited for, before the ledger names it without them."""
_SERVERS = ("http://", "https://", "databricks")


@dataclass(frozen=True, slots=True)
class Mirroring:
    """The mirror of a study that a driver holds; that of an ordinary folder does nothing."""

    directory: StudyDirectory
    keeper: Keeper | None = None

    def push(self) -> None:
        """Bring the store up to date now.

        Raises:
            StorageError: The store does not answer, or refuses.
        """
        if (mirror := self.directory.mirror) is not None:
            mirror.push()

    def secure(self) -> None:
        """Wait for a while until the store has everything; who waits in vain goes on."""
        if self.keeper is not None:
            self.keeper.settle(CHAMPION_SECONDS)

    def follow(self, kept: KeptEvents | None, recorder: Recorder) -> None:
        """Forget the events that are kept, whenever the outbox that has them is in the store."""
        mirror = self.directory.mirror
        if mirror is not None and kept is not None:
            mirror.mark = lambda: kept.told if recorder.is_on_disk else 0
            mirror.pushed = kept.forget


@contextmanager
def mirrored(directory: StudyDirectory, say: Callable[[str], None]) -> Iterator[Mirroring]:
    """A context in which a driver that holds the lock keeps its folder and the store alike.

    Raises:
        StorageError: The store does not answer, or refuses.
    """
    mirror = directory.mirror
    if mirror is None:
        yield Mirroring(directory)
        return
    mirror.claim(say)
    keeper = Keeper(mirror, say)
    patience = PATIENCE_SECONDS
    try:
        keeper.start()
        yield Mirroring(directory, keeper)
    except KeyboardInterrupt:
        patience = HURRIED_SECONDS
        raise
    finally:
        keeper.close(patience, command("flush", directory.name, storage=directory.storage))


def recall(directory: StudyDirectory, ledger: Ledger) -> None:
    """Hand to the outbox what a driver that was lost may not have handed on.

    What was told before counts as perhaps written. A folder that was fetched may be older than what
    MLflow has: then all counts as that, the study's own run too.
    """
    mirror = directory.mirror
    if mirror is None:
        return
    lines = ledger.store.kept().splitlines(keepends=True)
    if not lines and not mirror.fetched:
        return
    outbox = Outbox(directory.outbox)
    for line in lines:
        outbox.on_event(decode(line)[1])
    outbox.close()
    state = WriterState.load(directory.outbox)
    claimed = EVERYTHING if mirror.fetched else max(state.claimed, outbox.sequence)
    replace(state, claimed=claimed).save(directory.outbox)
    if mirror.fetched:
        ledger.note(lambda notes: replace(notes, announced_champion=None))


def keep_events(directory: StudyDirectory, ledger: Ledger) -> KeptEvents | None:
    """What keeps events of trials with the ledger; None where the folder is no copy."""
    from rnnsearch.search.kept_events import KeptEvents

    if directory.mirror is None:
        return None
    return KeptEvents(ledger.store, lambda event: encode(event, 1))


def check_ledger_of_store(storage: Path, ledger: str | None) -> None:
    """Refuse a study in an object store whose ledger would be a file there.

    Args:
        ledger: The database that the ledger would go to; None for a file.

    Raises:
        StorageError: It would; the text has the remedy.
    """
    address = address_of(storage)
    if address is not None and ledger is None:
        raise StorageError(
            f"{address} is an object store, which has no files that grow and no locks, so the "
            "ledger of a study there lies in PostgreSQL. Add --ledger "
            "postgresql://USER@HOST/DATABASE, or set RNNSEARCH_LEDGER (a password goes there)."
        )


def check_records_of_store(storage: Path, store: TrackingStore) -> None:
    """Refuse a study in an object store whose records would go to a file of this machine.

    Raises:
        StorageError: They would; the text has the remedy.
    """
    address = address_of(storage)
    if address is not None and not store.uri.startswith(_SERVERS):
        raise StorageError(
            f"{address} is an object store, and no database of MLflow can lie there: the records "
            f"of a study there go to a tracking server, not to {store.shown}. Add --tracking-uri "
            "http://HOST:5000, or set MLFLOW_TRACKING_URI (a password goes there)."
        )
