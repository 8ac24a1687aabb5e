"""Reads a ledger from its files, once or again and again while another process writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.notes import Notes, notes_of
from rnnsearch.search.ledger.open_study import OpenStudy, num_trials, open_study
from rnnsearch.search.ledger.refusing import counted
from rnnsearch.search.ledger.store import store_of
from rnnsearch.search.ledger.trial_record import TrialRecord, read_record
from rnnsearch.space.spec import StudySpec


class LedgerState(NamedTuple):
    """What stands in a ledger on disk.

    Attributes:
        trials: By number. One that is `running` was aboard a pack, or sampled ahead, when its
            driver last wrote.
        num_trials: How many trials the study shall have.
        refused: How many proposals were not trained, by the constraint that they broke.
    """

    trials: list[TrialRecord]
    notes: Notes
    num_trials: int
    refused: Mapping[str, int]


class LedgerReader:
    """Reads a ledger as it stands on disk; from the second time on, only what is new in it.

    Nothing is written, so a driver may work. Not for several threads at once.
    """

    def __init__(self, directory: StudyDirectory, spec: StudySpec) -> None:
        self._directory, self._spec = directory, spec
        self._opened: OpenStudy | None = None
        self._ended: dict[int, TrialRecord] = {}
        """Trials that have ended, which never change again."""

    def read(self) -> LedgerState:
        """What stands on disk now.

        Raises:
            StudyNotFoundError: There is no ledger yet.
            StudyExistsError: The study has another search space.
            StorageError: The store cannot be opened.
            DamagedLedgerError: The store holds something else than what was written.
        """
        opened, self._opened = self._opened, None  # an error leaves nothing half read
        if opened is None or not opened.store.follow():
            store = store_of(self._directory, read_only=True)
            opened = open_study(store, self._directory, self._spec, read_only=True)
            self._ended = {}
        with opened.store.damage_explained():
            records = [
                self._ended.get(frozen.number) or read_record(self._spec, frozen)
                for frozen in opened.study.get_trials(deepcopy=False)
            ]
            noted = opened.study.user_attrs
            state = LedgerState(
                [one for one in records if not one.refused],
                notes_of(noted),
                num_trials(noted, self._spec),
                counted(records),
            )
        self._ended = {one.number: one for one in records if one.ended is not None}
        self._opened = opened
        return state


def read_ledger(directory: StudyDirectory, spec: StudySpec) -> LedgerState:
    """What stands on disk; see `LedgerReader.read`."""
    return LedgerReader(directory, spec).read()


def read_trials(directory: StudyDirectory, spec: StudySpec) -> tuple[list[TrialRecord], Notes]:
    """Every trial and the notes as they stand on disk; see `LedgerReader.read`."""
    return read_ledger(directory, spec)[:2]
