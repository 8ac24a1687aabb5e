"""The snapshot files of packs that are gone: they stay until no training needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.snapshot_place import REFUSALS


@dataclass(slots=True)
class LeftSnapshots:
    """Removes the snapshot file of a lost pack once all trainings in it have ended, or lie in the
    newest snapshot of a pack that lives: else a study whose packs die often fills the disk.

    A training that waits, and one whose new pack has not written yet, still needs the old file; a
    trial may go on as a copy from a file that its parent needs no more, which the ledger tells.

    Attributes:
        remove: Removes a file of this name from the place of snapshots, and the one before it.
    """

    remove: Callable[[str], None]
    _left: dict[str, frozenset[str]] = field(default_factory=dict)

    def leave(self, book: PackBook) -> None:
        """Note what a pack that is gone has left."""
        if book.snapshot:
            self._left[Path(book.snapshot).name] = book.snapshot_holds

    def sweep(self, books: Iterable[PackBook], trials: Iterable[TrialRecord]) -> None:
        """Remove what nothing needs any more.

        Args:
            books: Those of the packs that live.
        """
        if not self._left:
            return
        safe = {name for book in books for name in book.snapshot_holds & set(book.aboard)}
        needed: set[str] = set()
        for one in trials:
            if one.state not in ("waiting", "running"):
                safe.add(str(one.number))
            elif one.snapshot:
                needed.add(Path(one.snapshot).name)
        for name, held in list(self._left.items()):
            if name in needed or not held <= safe:
                continue
            try:
                self.remove(name)
            except REFUSALS:
                continue  # the next loss tries again, and the end of the study removes all
            del self._left[name]
