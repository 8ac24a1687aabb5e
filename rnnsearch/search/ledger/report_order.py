"""In which order a study's reports came, which its journal knows and its trials do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.journal_buffer import FLUSHED
from rnnsearch.search.ledger.journal_record import Operation
from rnnsearch.search.ledger.store import store_of
from rnnsearch.search.ledger.trial_record import TrialRecord

Report = tuple[int, int, float]
"""Trial number, epoch, and the study's metric after it."""


class RecordedOrder(NamedTuple):
    """All reports of a study, as they came.

    Attributes:
        batches: Reports that arrived together, in rising order of each trial's epochs.
        together_known: False of a study whose journal was begun by an older version, which did not
            note what arrived together: there batches may hold more than that.
    """

    batches: list[list[Report]]
    together_known: bool


def reports_in_order(directory: StudyDirectory, trials: Sequence[TrialRecord]) -> RecordedOrder:
    """All reports of a study in the order in which they came; nothing is written.

    Args:
        trials: All trials of the study; what they do not know as a report is left out,
            such as the penalty of a diverged trial.

    Raises:
        StudyNotFoundError: There is no ledger yet.
        StorageError: The journal cannot be opened.
        DamagedLedgerError: A record of it is damaged.
    """
    curves = {trial.number: trial.values_by_epoch for trial in trials}
    batches: list[list[Report]] = [[]]
    known = True
    for place, log in enumerate(store_of(directory, read_only=True).journal.read_logs(0)):
        if place == 0:
            known = FLUSHED in log
        is_report = log.get("op_code") == Operation.SET_TRIAL_INTERMEDIATE_VALUE
        if batches[-1] and (FLUSHED in log or not (is_report or known)):
            batches.append([])
        if not is_report:
            continue
        # The journal holds one study, so that a trial's key in it is its number.
        number, epoch, value = log["trial_id"], log["step"], log["intermediate_value"]
        if curves.get(number, {}).get(epoch) == value:
            batches[-1].append((number, epoch, value))
    return RecordedOrder([batch for batch in batches if batch], known)
