"""The records of one run in MLflow: where they go, and where they stand when the run is over."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.records.tracking_uri import (
    default_artifacts,
)

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen, ChampionMark
    from rnnsearch.records.recorder import Recorder, RecordState
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.study.records_place import RecordsPlace


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


def recorder_of(directory: StudyDirectory, place: RecordsPlace) -> Recorder:
    """The sink that writes a study's records to MLflow."""
    from rnnsearch.records.recorder import Recorder

    return Recorder(
        directory.outbox,
        place.store,
        experiment=place.experiment.name,
        experiment_id=place.experiment.id,
        record=place.record,
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
        champion_alias="",
        champion_words="",
        champion_over="",
        champion_front="",
        champion_problem="",
        champion_before="",
    )
    if champion is None:
        return run
    registered, refused = state.champion, state.unregistered
    is_ours = registered.time == champion.time if registered else not (records.pending or refused)
    if state.champion_uri and is_ours:
        return replace(
            run,
            champion_uri=state.champion_uri,
            champion_alias=state.champion_alias,
            champion_words=state.champion_words,
            champion_over=state.champion_over,
            champion_front=state.champion_front,
        )
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
