"""The notes of an open study, which are kept in it as they change."""

from __future__ import annotations

import threading
from collections.abc import Callable

import optuna

from rnnsearch.search.ledger.notes import Notes, changed, notes_of


class Noted:
    """The notes of a study that its driver changes.

    Args:
        lock: The ledger's.

    Attributes:
        notes: As they are now.
    """

    def __init__(self, study: optuna.Study, lock: threading.RLock) -> None:
        self._study, self._lock = study, lock
        self.notes = notes_of(study.user_attrs)

    def change(self, change: Callable[[Notes], Notes]) -> None:
        """Make the new notes of the present ones, and write down those that differ."""
        with self._lock:
            notes = change(self.notes)
            for key, value in changed(self.notes, notes):
                self._study.set_user_attr(key, value)
            self.notes = notes
