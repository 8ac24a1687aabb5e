"""The records of one run in MLflow: where they go, and where they stand when the run is over."""

from __future__ import annotations

import re
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.records.tracking_uri import (
    VARIABLE,
    TrackingStore,
    default_artifacts,
    shown_uri,
    sqlite_path,
)

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen, ChampionMark
    from rnnsearch.records.recorder import Recorder, RecordState
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.search.ledger.run_figures import RunFigures

_QUOTED = re.compile("%[0-9A-Fa-f]{2}")


def note_store(ledger: Ledger, directory: StudyDirectory, store: TrackingStore) -> None:
    """Note where the records go; a store that is new to the study is told of the champion again."""
    noted = ledger.notes.tracking_uri
    if noted is not None and shown_uri(directory.storage, noted) != store.shown:
        ledger.note(lambda notes: replace(notes, announced_champion=None))
    ledger.note(lambda notes: replace(notes, tracking_uri=store.name))


def follow(storage: Path) -> str | None:
    """Let the MLflow database of a storage that was moved find its files again.

    Returns:
        A line for a person that says what was done, or why the database cannot be read; None where
        there was nothing to do.
    """
    from rnnsearch.records.mlflow.storage_move import follow_move
    from rnnsearch.search.directory import list_studies
    from rnnsearch.search.lock import is_running

    try:
        return follow_move(storage, lambda: any(map(is_running, list_studies(storage))))
    except sqlite3.Error as error:
        # Most commands do not need MLflow, and those that do show its own error.
        return f"{storage / 'mlflow.db'} cannot be looked at: {error}"


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


def recorder_of(directory: StudyDirectory, store: TrackingStore) -> Recorder:
    """The sink that writes a study's records to MLflow."""
    from rnnsearch.records.recorder import Recorder

    return Recorder(
        directory.outbox,
        store,
        experiment=directory.name,
        artifacts=default_artifacts(directory.storage),
        log_file=directory.logs / "records.log",
    )


def recorded(run: RunFigures, records: RecordState, champion: ChampionChosen | None) -> RunFigures:
    """Complete a run's figures by where its records stand and which model is registered.

    The registered model may be that of an earlier champion, which must not be taken for this
    one's.

    Args:
        champion: The study's champion; None where it has none.
    """
    state = records.state
    run = replace(
        run,
        experiment_id=state.experiment_id or None,
        run_id=state.run_id or None,
        pending_records=records.pending,
        refused_records=state.refused,
        records_problem=records.problem,
        records_remedy=state.remedy,
        records_commands=tuple(state.commands),
        champion_uri=None,
        champion_problem="",
        champion_before="",
    )
    if champion is None:
        return run
    registered, refused = state.champion, state.unregistered
    is_ours = registered.time == champion.time if registered else not (records.pending or refused)
    if state.champion_uri and is_ours:
        return replace(run, champion_uri=state.champion_uri)
    if refused.get("time") == champion.time:
        problem = str(refused["reason"])
    elif records.pending:
        problem = f"its record waits with the others: {records.problem}"
    else:
        problem = records.problem or "MLflow was never told of it"
    before = state.champion_uri + _description(registered) if state.champion_uri else ""
    return replace(run, champion_problem=problem, champion_before=before)


def since(
    run: RunFigures, champion: ChampionChosen | None, directory: StudyDirectory
) -> RunFigures:
    """A run's figures, with what the writer process has written since the driver ended."""
    from rnnsearch.records.outbox import segments
    from rnnsearch.records.recorder import RecordState
    from rnnsearch.records.writer_state import WriterState

    if not run.pending_records or not directory.outbox.is_dir() or segments(directory.outbox):
        return run
    state = replace(WriterState.load(directory.outbox), remedy="", commands=[])
    return recorded(run, RecordState(0, state.problem or None, state), champion)


def _description(champion: ChampionMark | None) -> str:
    """Which champion a registered model is, in words; empty where that is not known."""
    if champion is None:
        return ""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(champion.time))
    return f", trial {champion.number} with seed {champion.seed}, chosen {when}"
