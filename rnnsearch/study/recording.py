"""The records of one run: where they go, what is wrong with them meanwhile, how they end."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.records.tracking_uri import (
    VARIABLE,
    TrackingStore,
    choose_store,
    default_artifacts,
    shown_uri,
    sqlite_path,
)

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen, ChampionMark
    from rnnsearch.records.recorder import Recorder, RecordState
    from rnnsearch.records.sink import Sink
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.search.ledger.run_figures import RunFigures

LOOK_SECONDS = 1.0
_QUOTED = re.compile("%[0-9A-Fa-f]{2}")


def study_store(
    directory: StudyDirectory, ledger: Ledger | None, option: str | None
) -> TrackingStore:
    """The store of a study's records.

    Args:
        ledger: Of a study that ran before; None before there is one.
        option: What the caller names.

    Raises:
        StorageError: MLflow has no such store, or its password has to be given again.
    """
    noted = None if ledger is None else ledger.notes.tracking_uri
    return choose_store(directory.storage, option, noted)


def note_store(ledger: Ledger, directory: StudyDirectory, store: TrackingStore) -> None:
    """Keep where the records go; a store that is new to the study hears of its winner again."""
    noted = ledger.notes.tracking_uri
    if noted is not None and shown_uri(directory.storage, noted) != store.shown:
        ledger.note(lambda notes: replace(notes, champion_told=None))
    ledger.note(lambda notes: replace(notes, tracking_uri=store.name))


def follow(storage: Path) -> str | None:
    """Have the MLflow database of a moved storage find its files; returns what was done, if
    anything was."""
    from rnnsearch.records.mlflow.storage_move import follow_move
    from rnnsearch.search.directory import list_studies
    from rnnsearch.search.lock import is_running

    try:
        return follow_move(storage, lambda: any(map(is_running, list_studies(storage))))
    except sqlite3.Error as error:
        # Most commands need no MLflow, and those that do will say what it says.
        return f"{storage / 'mlflow.db'} cannot be looked at: {error}"


def where(store: TrackingStore) -> str:
    """Where the records go, in a line for a person."""
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
        # mlflow.models.Model.load, 3.17: it unquotes a path that is none of a URI.
        remarks.append(
            "MLflow cannot load models from a path with a % followed by two digits as they lie; "
            "give it a folder for a copy: mlflow.pyfunc.load_model(..., dst_path=...)"
        )
    return "; ".join([f"records in MLflow: {place}{origin}", *remarks])


def recorder_of(directory: StudyDirectory, store: TrackingStore) -> Recorder:
    from rnnsearch.records.recorder import Recorder

    return Recorder(
        directory.outbox,
        store,
        experiment=directory.name,
        artifacts=default_artifacts(directory.storage),
        log_file=directory.logs / "records.log",
    )


class Troubles(threading.Thread):
    """Says within a second what is wrong with the records, and when it is over."""

    def __init__(self, tell: Mapping[Sink, Callable[[str | None], None]]) -> None:
        """
        Args:
            tell: For each sink, who is told of its problem.
        """
        super().__init__(name="records-troubles", daemon=True)
        self._tell = tell
        self._told: dict[Sink, str | None] = dict.fromkeys(tell)
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Tell what has changed since the last look."""
        for sink, tell in self._tell.items():
            problem = sink.problem
            if problem != self._told[sink]:
                self._told[sink] = problem
                tell(problem)

    def end(self) -> None:
        self._ended.set()
        if self.is_alive():
            self.join()


def write_records(
    recorder: Recorder,
    stage: Callable[[str], None],
    drain: Callable[[int, int], None],
    hurried: bool,
) -> tuple[RecordState, bool]:
    """Wait until MLflow has the records; a signal ends the waiting, and nothing else.

    Returns:
        Where they stand, and whether they were left to the writer process, which goes on alone.
    """
    if not hurried:
        try:
            stage("writing the records to MLflow")
            return recorder.close(recorder.close_seconds, drain), False
        except KeyboardInterrupt:
            stage("leaving the records to the writer process")
    return recorder.leave(), True


def recorded(run: RunFigures, records: RecordState, champion: ChampionChosen | None) -> RunFigures:
    """A run's figures with where its records stand, and what is registered of its winner: an
    earlier winner's model must not be taken for this one's."""
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
    of, refused = state.champion, state.unregistered
    mine = of.time == champion.time if of else not (records.pending or refused)
    if state.champion_uri and mine:
        return replace(run, champion_uri=state.champion_uri)
    if refused.get("time") == champion.time:
        problem = str(refused["reason"])
    elif records.pending:
        problem = f"its record waits with the others: {records.problem}"
    else:
        problem = records.problem or "MLflow was never told of it"
    before = state.champion_uri + _of(of) if state.champion_uri else ""
    return replace(run, champion_problem=problem, champion_before=before)


def since(
    run: RunFigures, champion: ChampionChosen | None, directory: StudyDirectory
) -> RunFigures:
    """A run's figures, with what its writer has done alone since the driver left it records."""
    from rnnsearch.records.outbox import segments
    from rnnsearch.records.recorder import RecordState
    from rnnsearch.records.writer_state import WriterState

    if not run.pending_records or not directory.outbox.is_dir() or segments(directory.outbox):
        return run
    state = replace(WriterState.load(directory.outbox), remedy="", commands=[])
    return recorded(run, RecordState(0, state.problem or None, state), champion)


def _of(choice: ChampionMark | None) -> str:
    if choice is None:
        return ""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(choice.time))
    return f", trial {choice.number} with seed {choice.seed}, chosen {when}"
