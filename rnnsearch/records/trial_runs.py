"""The runs of trials in the store: they are found, made, reopened, written and ended here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rnnsearch.events import ENDED, RANKED, StudyEnded, TrialEnded
from rnnsearch.goal import Goal, improved
from rnnsearch.records.names import TRIAL
from rnnsearch.records.run_fields import (
    as_params,
    child_tags,
    ending_tags,
    finalist_rows,
    finished_rows,
    finished_tags,
    run_status,
    starting_tags,
    summary_rows,
)
from rnnsearch.records.run_store import Point, RunStore
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.writer_state import OpenRun, WriterState

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Written:
    """What the store has of a run: the steps of each metric, and of which metrics it was asked."""

    keys: set[str] = field(default_factory=set)
    steps: set[tuple[str, int]] = field(default_factory=set)


class TrialRuns:
    """Writes what concerns single trials, and the best value so far.

    Attributes:
        store: Where the runs are.
        state: What the writer knows of them.
        progress: Unwritten values of the study's own curve, the best value over ended trials.
    """

    def __init__(self, store: RunStore, state: WriterState) -> None:
        self.progress: list[Point] = []
        self._progress_written: set[tuple[str, int]] | None = None
        """Name and step of that curve's values in the store; None before this process has asked."""
        self._sure: set[int] = set()
        """Trials that have not ended and whose values are all of this process, or noted by one."""
        self._read: dict[int, _Written] = {}
        """What the store has of other trials that have not ended."""
        self.store = self._store = store
        self.state = self._state = state

    @property
    def _metric(self) -> str:
        return str(self._state.study.get("metric", "value"))

    def write(self, rows: TrialRows, doubtful: int) -> str:
        """Write what was gathered of a trial; returns the id of its run.

        Args:
            doubtful: Events up to this sequence number may be in the store already.
        """
        tags = {} if rows.end is None else ending_tags(rows.end)
        if rows.scored is not None:
            tags |= {"finalist": "true", "finalist_seeds": ", ".join(map(str, rows.scored.seeds))}
        if rows.finished is not None:
            tags |= finished_tags(rows.finished)
        run, fresh = self._open(rows, tags, doubtful)
        if fresh:
            tags = {}  # a new run was made with them, which saves a call
        points = rows.points_after(run.epoch)
        metrics = list(points)
        final = rows.end is not None and rows.end.state in ENDED
        if rows.end is not None and final:
            metrics += summary_rows(rows.end, self._metric)
        unsure = run.looked_up or rows.first_sequence <= doubtful
        if fresh or not unsure:
            self._sure.add(rows.number)
        if metrics and rows.number not in self._sure:
            # A resumed driver tells again of a trial that a killed one had not noted. The times
            # differ then, so MLflow would take the same values for new ones.
            metrics = self._unwritten(rows.number, run.run_id, metrics)
        if rows.scored is not None:
            metrics += finalist_rows(rows.scored, self._metric)
        if rows.finished is not None:
            metrics += finished_rows(rows.finished, self._metric)
        params = as_params(rows.start.params) if rows.start is not None else {}
        if metrics or tags or params:
            self._store.log(run.run_id, metrics=metrics, params=params, tags=tags)
        if points:
            run.epoch = max(row[3] for row in points)
        for seed, path in rows.checkpoints:
            self._keep(run.run_id, seed, path)
        if rows.end is None:
            if fresh and rows.of_ended:
                # A trial that was copied ended in another study, where its run is.
                self._store.end(run.run_id, run_status("complete"), rows.time)
                self._state.runs.pop(rows.number, None)
            return run.run_id
        self._store.end(run.run_id, run_status(rows.end.state), rows.end.time)
        run.ended = True
        if final:
            self.count(rows.end)
            self._state.runs.pop(rows.number, None)
            self._sure.discard(rows.number)  # whoever tells of it again is not believed
            self._read.pop(rows.number, None)
        return run.run_id

    def doubt(self) -> None:
        """Forget what is known of the store: a write failed, and may have worked all the same."""
        self._sure.clear()
        self._read.clear()
        self._progress_written = None

    def _unwritten(self, number: int, run_id: str, rows: list[Point]) -> list[Point]:
        """The rows of a trial that the store does not have; they count as written from now on."""
        read = self._read.setdefault(number, _Written())
        if unasked := {row[0] for row in rows} - read.keys:
            read.steps |= self._store.steps(run_id, unasked)
            read.keys |= unasked
        rows = [row for row in rows if (row[0], row[3]) not in read.steps]
        read.steps |= {(row[0], row[3]) for row in rows}
        return rows

    def _open(
        self, rows: TrialRows, later: Mapping[str, str], doubtful: int
    ) -> tuple[OpenRun, bool]:
        """Find the run of a trial, reopen it, or make it.

        Args:
            later: Tags that the run has at the end of this write; a new run is made with them.

        Returns:
            The run, and whether it is a new one.
        """
        state, start = self._state, rows.start
        run = state.runs.get(rows.number)
        reopened = run is None or run.ended
        if run is None:
            run_id = None
            if start is None or start.attempt > 1 or rows.first_sequence <= doubtful:
                run_id = self._store.find(state.experiment_id, {TRIAL: str(rows.number)})
            if run_id is None:
                run = state.runs[rows.number] = OpenRun(self._made(rows, later))
                return run, True
            if start is None and rows.end is None:
                # The trial has ended before and only got scores or a checkpoint: its run stays
                # closed.
                return OpenRun(run_id, ended=True), False
            run = state.runs[rows.number] = OpenRun(run_id, looked_up=True)
        if reopened and start is not None:
            self._store.reopen(run.run_id)
            self._store.log(run.run_id, tags=starting_tags(start))
            run.ended = False
        return run, False

    def _made(self, rows: TrialRows, later: Mapping[str, str]) -> str:
        """Make the run of a trial, with the arguments of `_open`; returns its id."""
        state, start = self._state, rows.start
        tags = {**child_tags(state, self._store.study_id, "trial"), TRIAL: str(rows.number)}
        if start is None:
            name, seconds = f"trial-{rows.number:04d}", rows.time
        else:
            name, seconds = start.name, start.time
            tags |= starting_tags(start)
        return self._store.create(state.experiment_id, name, seconds, {**tags, **later})

    def _keep(self, run_id: str, seed: int, path: Path) -> None:
        """Keep a checkpoint with the trial's run; a better one may have replaced it meanwhile."""
        if not path.is_dir():
            _log.warning("checkpoint %s was replaced before it could be kept", path)
            return
        self._store.keep(run_id, path, f"checkpoint/seed-{seed}")

    def count(self, end: TrialEnded) -> None:
        """Count an ended trial once, and add to the study's curve where it is the best so far."""
        state = self._state
        before = state.ended.get(end.number)
        if before == end.state:
            return  # the same end was told before
        if before is not None:
            state.counts[before] -= 1
        state.ended[end.number] = end.state
        best = state.best
        if end.state in RANKED and not end.violations:
            goal = Goal(state.study.get("goal", Goal.MINIMIZE))
            best = improved(goal, best, end.best_value)
        if best is not None and best != state.best:
            ended = sum(state.counts.values()) + 1
            self.progress.append((f"best_{self._metric}", best, end.time, ended))
        state.best = best
        state.counts[end.state] = state.counts.get(end.state, 0) + 1

    def write_progress(self) -> None:
        """Write the gathered values of the study's own curve, each once."""
        if self._progress_written is None:
            names = (row[0] for row in self.progress)
            self._progress_written = self._store.steps(self._state.run_id, names)
        rows = [row for row in self.progress if (row[0], row[3]) not in self._progress_written]
        if rows:
            self._store.log(self._state.run_id, metrics=rows)
            self._progress_written |= {(row[0], row[3]) for row in rows}

    def put_back(self, run: OpenRun, event: StudyEnded) -> None:
        """Close the run of a trial that waits for the study to be resumed."""
        self._store.log(run.run_id, tags={"state": "waiting", "reason": event.reason})
        self._store.end(run.run_id, run_status("waiting"), event.time)
        run.ended = True
