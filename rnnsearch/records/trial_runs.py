"""The runs of trials: found, made, opened again, written and ended."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from rnnsearch.events import ENDED, StudyEnded, TrialEnded
from rnnsearch.goal import Goal
from rnnsearch.records.names import TRIAL
from rnnsearch.records.run_fields import (
    as_params,
    child_tags,
    ending_tags,
    finalist_rows,
    run_status,
    starting_tags,
    summary_rows,
)
from rnnsearch.records.run_store import Point, RunStore
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.writer_state import OpenRun, WriterState

_log = logging.getLogger(__name__)


class TrialRuns:
    """What `Tracker` writes of trials.

    Attributes:
        progress: Points of the study's own curve that are not written yet.
    """

    def __init__(self, store: RunStore, state: WriterState) -> None:
        self.progress: list[Point] = []
        self._progress_there: set[tuple[str, int]] | None = None
        """Rows of that curve in MLflow, once this process has asked."""
        self._sure: set[int] = set()
        """Trials whose rows in MLflow are known, since this process wrote or read them."""
        self._store = store
        self._state = state

    @property
    def _metric(self) -> str:
        return str(self._state.study.get("metric", "value"))

    def write(self, rows: TrialRows, doubtful: int) -> None:
        """Write what was gathered of a trial.

        Args:
            doubtful: Events up to this number may be in MLflow already.
        """
        tags = {} if rows.end is None else ending_tags(rows.end)
        if rows.scored is not None:
            tags |= {"finalist": "true", "finalist_seeds": ", ".join(map(str, rows.scored.seeds))}
        run, fresh = self._open(rows, tags, doubtful)
        if fresh:
            tags = {}  # a run is made with them, which saves a transaction
        points = rows.points_after(run.epoch)
        metrics = list(points)
        final = rows.end is not None and rows.end.state in ENDED
        if rows.end is not None and final:
            metrics += summary_rows(rows.end, self._metric)
        unsure = run.looked_up or rows.first_sequence <= doubtful
        if metrics and unsure and not fresh and rows.number not in self._sure:
            # A trial that a driver forgot when it was killed is told again, at other times,
            # which MLflow would take for other rows.
            there = self._store.steps(run.run_id, (row[0] for row in metrics))
            metrics = [row for row in metrics if (row[0], row[3]) not in there]
        if rows.scored is not None:
            metrics += finalist_rows(rows.scored, self._metric)
        params = as_params(rows.start.params) if rows.start is not None else {}
        if metrics or tags or params:
            self._store.log(run.run_id, metrics=metrics, params=params, tags=tags)
        self._sure.add(rows.number)
        if points:
            run.epoch = max(row[3] for row in points)
        for seed, path in rows.checkpoints:
            self._keep(run.run_id, seed, path)
        if rows.end is None:
            return
        self._store.end(run.run_id, run_status(rows.end.state), rows.end.time)
        run.ended = True
        if final:
            self._count(rows.end)
            self._state.runs.pop(rows.number, None)

    def doubt(self) -> None:
        """A write failed, and may have worked all the same."""
        self._sure.clear()
        self._progress_there = None

    def _open(
        self, rows: TrialRows, later: Mapping[str, str], doubtful: int
    ) -> tuple[OpenRun, bool]:
        """The run of a trial, found, made, or opened again; and whether it was made.

        Args:
            later: Tags that hold by the end of this write, for a run that is made.
        """
        state, start = self._state, rows.start
        run = state.runs.get(rows.number)
        reopened = run is None or run.ended
        if run is None:
            found = None
            if start is None or start.attempt > 1 or rows.first_sequence <= doubtful:
                found = self._store.find(state.experiment_id, {TRIAL: str(rows.number)})
            if found is None:
                run = state.runs[rows.number] = OpenRun(self._made(rows, later))
                return run, True
            if start is None and rows.end is None:
                # A late word about a trial that has ended: its run stays closed.
                return OpenRun(found, ended=True), False
            run = state.runs[rows.number] = OpenRun(found, looked_up=True)
        if reopened and start is not None:
            self._store.reopen(run.run_id)
            self._store.log(run.run_id, tags=starting_tags(start))
            run.ended = False
        return run, False

    def _made(self, rows: TrialRows, later: Mapping[str, str]) -> str:
        """A new run of a trial; see `_open`."""
        state, start = self._state, rows.start
        tags = {**child_tags(state, self._store.study_id, "trial"), TRIAL: str(rows.number)}
        if start is None:
            name, seconds = f"trial-{rows.number:04d}", _first_time(rows)
        else:
            name, seconds = start.name, start.time
            tags |= starting_tags(start)
        return self._store.create(state.experiment_id, name, seconds, {**tags, **later})

    def _keep(self, run_id: str, seed: int, path: Path) -> None:
        if not path.is_dir():
            _log.warning("checkpoint %s was replaced before it could be kept", path)
            return
        self._store.keep(run_id, path, f"checkpoint/seed-{seed}")

    def _count(self, end: TrialEnded) -> None:
        """The study's own curve: the best value so far over ended trials."""
        state = self._state
        before = state.ended.get(end.number)
        if before == end.state:
            return  # told again
        if before is not None:
            state.counts[before] -= 1
        state.ended[end.number] = end.state
        best = state.best
        if end.best_value is not None and end.state in ("complete", "pruned"):
            goal = Goal(state.study.get("goal", Goal.MINIMIZE))
            best = goal.best(value for value in (best, end.best_value) if value is not None)
        if best is not None and best != state.best:
            ended = sum(state.counts.values()) + 1
            self.progress.append((f"best_{self._metric}", best, end.time, ended))
        state.best = best
        state.counts[end.state] = state.counts.get(end.state, 0) + 1

    def write_progress(self) -> None:
        """Write the study's own curve as far as it is known."""
        if self._progress_there is None:
            names = (row[0] for row in self.progress)
            self._progress_there = self._store.steps(self._state.run_id, names)
        rows = [row for row in self.progress if (row[0], row[3]) not in self._progress_there]
        if rows:
            self._store.log(self._state.run_id, metrics=rows)
            self._progress_there |= {(row[0], row[3]) for row in rows}

    def put_back(self, run: OpenRun, event: StudyEnded) -> None:
        """Close the run of a trial that waits for the study to go on."""
        self._store.log(run.run_id, tags={"state": "waiting", "reason": event.reason})
        self._store.end(run.run_id, run_status("waiting"), event.time)
        run.ended = True


def _first_time(rows: TrialRows) -> float:
    if rows.points:
        return rows.points[0][2]
    return rows.end.time if rows.end is not None else 0.0
