"""Where the records of a study go in MLflow: the store and the experiment, chosen and noted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.records.record_rule import DEFAULT_RECORD, check_record
from rnnsearch.records.tracking_uri import (
    VARIABLE,
    TrackingStore,
    choose_store,
    shown_uri,
    sqlite_path,
)
from rnnsearch.records.variables import Experiment, choose_experiment, taken

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.search.ledger.notes import Notes

_QUOTED = re.compile("%[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True)
class RecordsPlace:
    """Where the records of a run go in MLflow.

    Attributes:
        record: Which trials have runs of their own there; see `record_rule`.
    """

    store: TrackingStore
    experiment: Experiment
    record: str = DEFAULT_RECORD

    def __str__(self) -> str:
        """A line for a person that says where, and who chose it."""
        few = {} if self.record == DEFAULT_RECORD else {f"runs of trials: {self.record} (--record)"}
        return "; ".join([where(self.store), *taken(self.store, self.experiment), *few])


def choose_place(
    directory: StudyDirectory,
    tracking_uri: str | None,
    notes: Notes | None,
    record: str | None = None,
) -> RecordsPlace:
    """Where the records of a study go.

    Args:
        tracking_uri: The value of `--tracking-uri`, if it was given.
        notes: Those of the study's ledger; None for a new study.
        record: The value of `--record`; None keeps to the study's.

    Raises:
        StorageError: MLflow has no such store, or its password must be given again.
        InputError: `record` is no such rule.
    """
    from rnnsearch.records.writer_state import WriterState

    rule = check_record(record or (DEFAULT_RECORD if notes is None else notes.record))
    uri = None if notes is None else notes.tracking_uri
    store = choose_store(directory.storage, tracking_uri, uri)
    if notes is None or uri is None or shown_uri(directory.storage, uri) != store.shown:
        return RecordsPlace(store, choose_experiment(directory.name), rule)
    # Where nothing is recorded yet, the experiment may have been the mistake.
    state = WriterState.load(directory.outbox)
    settled = bool(state.run_id) or state.tracking_uri != store.name
    noted = (notes.experiment, notes.experiment_id) if settled else None
    return RecordsPlace(store, choose_experiment(directory.name, noted), rule)


def note_place(ledger: Ledger, directory: StudyDirectory, place: RecordsPlace) -> None:
    """Note where the records go; a store that is new to the study is told of the champion again."""
    noted, store, experiment = ledger.notes.tracking_uri, place.store, place.experiment
    if noted is not None and shown_uri(directory.storage, noted) != store.shown:
        ledger.note(lambda notes: replace(notes, announced_champion=None))
    own = experiment.name == directory.name and not experiment.id
    ledger.note(
        lambda notes: replace(
            notes,
            tracking_uri=store.name,
            experiment="" if own else experiment.name,
            experiment_id=experiment.id,
            record=place.record,
        )
    )


def where(store: TrackingStore) -> str:
    """A line for a person that says where the records go."""
    path = sqlite_path(store.uri)
    place = store.shown if path is None else shown(path)
    origin = f" ({store.origin})" if store.origin else ""
    remarks = [store.remark] if store.remark else []
    if store.shown != store.uri:
        remarks.append(
            f"its password or token is not kept: to go on later, have {VARIABLE} hold the whole "
            "address again"
        )
    if path is not None and _QUOTED.search(str(path)):
        # `mlflow.models.Model.load` (3.17) unquotes a path although it is no URI.
        remarks.append(
            "MLflow cannot load models from a path with a % followed by two digits as they lie; "
            "give it a folder for a copy: mlflow.pyfunc.load_model(..., dst_path=...)"
        )
    return "; ".join([f"records in MLflow: {place}{origin}", *remarks])
