"""Turns events into MLflow runs: gathers rows in memory, writes them in few calls.

Writing an event twice changes nothing, nor does an event that tells the same again at another time.
Runs are found by their tags where an earlier writer may have made them, and then a metric row is
written only where the run has none of its key and step; params and tags are overwritten with equal
values.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.events import (
    BaselineScored,
    ChampionChosen,
    CheckpointSaved,
    Event,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialEvent,
)
from rnnsearch.records.events_codec import decode, encode
from rnnsearch.records.mlflow.champion import register_champion
from rnnsearch.records.mlflow.refusals import PERMANENT, BlockedError, first_line, gone
from rnnsearch.records.mlflow.store import RunStore
from rnnsearch.records.moved import in_study
from rnnsearch.records.names import KIND
from rnnsearch.records.run_fields import (
    FINAL,
    STUDY_STATUS,
    champion_rows,
    child_tags,
    identity,
    study_settings,
)
from rnnsearch.records.tracking_uri import TrackingStore
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.trial_runs import TrialRuns
from rnnsearch.records.untold import unheard
from rnnsearch.records.writer_state import WriterState

if TYPE_CHECKING:
    from mlflow import MlflowClient

_log = logging.getLogger(__name__)


class Tracker:
    """Gathers events (`add`) and writes them (`flush`).

    `flush` may raise whatever the store raises, and BlockedError where asking again is of no use
    before somebody acts; called again, it goes on where it stopped.
    """

    def __init__(
        self,
        client: MlflowClient,
        state: WriterState,
        *,
        study_id: str,
        store: TrackingStore,
        experiment: str,
        artifacts: Path | None,
        folder: Path | None,
    ) -> None:
        """
        Args:
            store: What the client talks to, for the words of a refusal.
            artifacts: Where a new experiment puts artifacts; None leaves it to the server.
            folder: The study's own, whose `figures` are kept with its run when it ends.
        """
        self.state = state
        self._tracking = store
        self._client = client
        self._store = RunStore(client, study_id)
        self._runs = TrialRuns(client, self._store, state)
        self._experiment = experiment
        self._artifacts = artifacts
        self._folder = folder
        # What an earlier writer claimed and never confirmed may be in MLflow already.
        self._doubtful = state.claimed if state.claimed > state.done else 0
        self._last = 0
        self._trials: dict[int, TrialRows] = {}
        self._study: list[tuple[int, Event]] = []
        self._chosen = False  # whether this writer was told of a winner

    def add(self, sequence: int, event: Event) -> bool:
        """Take an event; True asks for a flush before the next one."""
        self._last = sequence
        if self._folder is not None and isinstance(event, CheckpointSaved):
            event = replace(event, path=str(in_study(event.path, self._folder)))
        if isinstance(event, TrialEvent):
            rows = self._trials.setdefault(event.number, TrialRows(event.number, sequence))
            rows.add(event)
            # Two ends in one gathering would hide the first: a trial put back and taken again.
            return isinstance(event, TrialEnded) and event.state not in FINAL
        if isinstance(event, StudyStarted | BaselineScored | ChampionChosen | StudyEnded):
            self._study.append((sequence, event))
            return not isinstance(event, BaselineScored)
        return False

    def flush(self) -> None:
        """Write all that was gathered; what is written leaves the memory."""
        try:
            self._flush()
        except BaseException:
            # A call whose answer was lost may have worked: look before making anything again.
            self._doubtful = max(self._doubtful, self._last)
            self._runs.doubt()
            raise

    def _flush(self) -> None:
        for sequence, event in list(self._study):
            # A start is alone in its gathering (see `add`), and comes before its trials.
            if isinstance(event, StudyStarted):
                self._or_block("the study", self._start_study, sequence, event)
                self._study.remove((sequence, event))
        if (self._trials or self._study) and not self.state.run_id:
            self._start_unheard()
        write = self._runs.write
        for number in sorted(self._trials):
            self._or_refuse(f"trial {number}", write, self._trials[number], self._doubtful)
            del self._trials[number]
        if self._runs.progress:
            self._or_refuse("the study's curve", self._runs.write_progress)
            self._runs.progress.clear()
        while self._study:
            self._write_of_study(*self._study[0])
            self._study.pop(0)

    def _start_unheard(self) -> None:
        """Start a study whose own line of the outbox was damaged: its trials hang on it."""
        if self._folder is not None and (self._folder / "study.yaml").is_file():
            start = unheard(self._folder, self._experiment, time.time())
            self._or_block("the study", self._start_study, self._last, start)

    def _write_of_study(self, sequence: int, event: Event) -> None:
        if isinstance(event, BaselineScored):
            self._or_refuse(f"baseline {event.name}", self._write_baseline, sequence, event)
        elif isinstance(event, ChampionChosen):
            self._choose(sequence, event)
        elif isinstance(event, StudyEnded):
            self._or_refuse("end of the study", self._end_study, sequence, event)

    def abandon(self, seconds: float) -> None:
        """Leave no run RUNNING after a driver that died without a word."""
        if self.state.run_id and self.state.study.get("running"):
            died = StudyEnded(seconds, "interrupted", "the driver died", 0.0)
            self._end_study(self.state.done, died)

    # The study.

    def _start_study(self, sequence: int, event: StudyStarted) -> None:
        state = self.state
        if not state.experiment_id:
            state.experiment_id = self._store.experiment(
                self._experiment, self._artifacts, self._tracking
            )
        tags = {
            **event.tags,
            **identity(event.study, self._store.study_id, "study"),
            "task": event.task,
            "metric": event.metric,
            "goal": event.goal,
            "num_trials": str(event.num_trials),
            "state": "running",
        }
        if not state.run_id and (event.resumed or sequence <= self._doubtful):
            state.run_id = self._store.find(state.experiment_id, {KIND: "study"}) or ""
        fresh = not state.run_id
        if fresh:
            state.run_id = self._store.create(state.experiment_id, event.study, event.time, tags)
        else:
            self._store.reopen(state.run_id)
            self._store.log(state.run_id, tags=tags)
        if fresh or sequence <= self._doubtful:
            # Never on a resume: MLflow refuses to change a param.
            self._store.log(state.run_id, params=study_settings(event))
        self._client.log_text(state.run_id, event.space_yaml, "study.yaml")
        state.study = {
            "name": event.study,
            "metric": event.metric,
            "goal": event.goal,
            "tags": dict(event.tags),
            "running": True,
        }
        state.refused = state.damaged = 0

    def _end_study(self, sequence: int, event: StudyEnded) -> None:
        state = self.state
        self._choose_again()
        for number, run in sorted(state.runs.items()):
            if not run.ended:
                self._or_refuse(f"trial {number}", self._runs.put_back, run, event)
        figures = None if self._folder is None else self._folder / "figures"
        if figures is not None and figures.is_dir():
            self._client.log_artifacts(state.run_id, str(figures), "figures")
        tags = {"state": event.state, "reason": event.reason}
        # Those of the ledger, where it told them; zeros too, since a run before may have had more.
        counts = {**dict.fromkeys((*FINAL, "waiting"), 0), **(event.counts or state.counts)}
        tags |= {f"trials_{name}": str(count) for name, count in counts.items()}
        costs = {"wall_seconds": event.wall_seconds, **event.figures}
        # Each run of the driver has its own, so they stand at steps of their own.
        metrics = [(name, value, event.time, sequence) for name, value in costs.items()]
        self._store.log(state.run_id, metrics=metrics, tags=tags)
        self._store.end(state.run_id, STUDY_STATUS[event.state], event.time)
        state.study["running"] = False

    def _write_baseline(self, sequence: int, event: BaselineScored) -> None:
        name = f"baseline-{event.name}"
        run_id = self._store.find(
            self.state.experiment_id, {KIND: "baseline", "baseline": event.name}
        )
        if run_id is not None and sequence > self._doubtful:
            return  # a resume scores the same baselines on the same data
        if run_id is None:
            tags = {
                **child_tags(self.state, self._store.study_id, "baseline"),
                "baseline": event.name,
                "note": event.note,
            }
            run_id = self._store.create(self.state.experiment_id, name, event.time, tags)
        there = self._store.steps(run_id, event.metrics)
        metrics = [
            (key, value, event.time, 0)
            for key, value in event.metrics.items()
            if (key, 0) not in there
        ]
        self._store.log(run_id, metrics=metrics)
        self._store.end(run_id, "FINISHED", event.time)

    def _write_champion(self, sequence: int, event: ChampionChosen) -> None:
        state = self.state
        mark = {"time": event.time, "number": event.number, "seed": event.seed}
        if state.champion == mark:
            return  # a driver that was killed while it told tells again
        metrics = {**event.val_metrics, **event.test_metrics}
        # MLflow gives a logged model the metrics of its step: no others may have the same one.
        rows = [(key, value, event.time, sequence) for key, value in metrics.items()]
        rows += champion_rows(event, sequence)
        tags = {"champion_trial": str(event.number), "champion_seed": str(event.seed)}
        tags["champion_unfinished"] = event.unfinished
        if event.seeds:
            tags["champion_seeds"] = ", ".join(map(str, event.seeds))
        if event.text:
            tags["mlflow.note.content"] = f"```\n{event.text}\n```"
            self._client.log_text(state.run_id, event.text, "champion.txt")
        if event.figure and Path(event.figure).is_file():
            self._client.log_artifact(state.run_id, event.figure, "figures")
        self._store.log(state.run_id, metrics=rows, tags=tags)
        state.champion_uri = register_champion(
            self._client,
            event,
            study=state.study["name"],
            study_id=self._store.study_id,
            experiment_id=state.experiment_id,
            run_id=state.run_id,
            sequence=sequence,
            replayed=sequence <= self._doubtful,
        )
        state.champion = mark

    def _choose(self, sequence: int, event: ChampionChosen) -> None:
        """Register a winner, or keep it with the reason, for the next run to try again."""
        if self._folder is not None:
            event = replace(event, path=str(in_study(event.path, self._folder)))
        reason = self._or_refuse("champion", self._write_champion, sequence, event)
        kept = {"time": event.time, "reason": reason, "event": encode(event, sequence).decode()}
        self.state.unregistered = kept if reason else {}
        self._chosen = True

    def _choose_again(self) -> None:
        """A study that keeps its winner does not choose it again, though MLflow refused it."""
        refused = self.state.unregistered.get("event")
        if refused and not self._chosen:
            sequence, event = decode(refused.encode())
            if isinstance(event, ChampionChosen):
                self._choose(sequence, event)

    # MLflow.

    def _or_refuse(self, what: str, write: Callable[..., None], *arguments: Any) -> str:
        """Write, or leave out what MLflow refuses for good; other trouble is raised.

        Returns:
            Why it is left out; empty where it was written.
        """
        from mlflow.exceptions import MlflowException

        try:
            write(*arguments)
        except MlflowException as error:
            if error.error_code not in PERMANENT:
                raise
            self._raise_if_gone(error)
            return self._refuse(what, error)
        except ModelError as error:
            return self._refuse(what, error)
        return ""

    def _or_block(self, what: str, write: Callable[..., None], *arguments: Any) -> None:
        """Write what all that follows hangs on: refused for good, it blocks the store."""
        from mlflow.exceptions import MlflowException

        try:
            write(*arguments)
        except MlflowException as error:
            if error.error_code not in PERMANENT:
                raise
            self._raise_if_gone(error)
            raise BlockedError(
                f"MLflow refuses {what} for good: {first_line(error)}",
                "the log file of the records has its whole answer; --tracking-uri names another "
                "store",
            ) from error

    def _raise_if_gone(self, error: Exception) -> None:
        """BlockedError, where a refusal only tells that the experiment or the study's run is
        deleted: brought back, it takes all that waits."""
        state = self.state
        if blocked := gone(self._client, self._tracking, state.experiment_id, state.run_id):
            raise blocked from error

    def _refuse(self, what: str, error: Exception) -> str:
        _log.exception("MLflow refused %s", what, exc_info=error)
        self.state.refused += 1
        reason = first_line(error)
        self.state.problem = f"MLflow refused {what}: {reason}"
        if self.state.refused > 1:
            self.state.problem += f" (refused in all: {self.state.refused})"
        return reason
