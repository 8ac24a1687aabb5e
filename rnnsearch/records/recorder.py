"""What the driver has of the records: an outbox, and the writer process that empties it.

MLflow is never imported in the driver: that takes seconds, and its trouble must not become the
search's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rnnsearch.events import EpochsReported, Event
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.pulse import last_beat
from rnnsearch.records.record_rule import DEFAULT_RECORD
from rnnsearch.records.sink import Remains
from rnnsearch.records.tracking_uri import VARIABLE, TrackingStore
from rnnsearch.records.variables import for_the_writer
from rnnsearch.records.writer_state import WriterState

CHECK_SECONDS = 5.0
"""How often the driver looks whether the writer lives."""
RESTARTS = 3
"""How often in a row a writer is started again that died before it had got anything done."""
BLOCKED_STATUS = 3
"""Exit status of a writer whose store takes nothing until a person acts: it is not restarted."""
POLL_SECONDS = 0.1
"""How often the end of a run looks whether the writer is done."""
PATIENCE_SECONDS = 90.0
"""How long the end of a run waits while the store answers nothing: longer than the longest single
thing that is written takes, which is the champion's model."""
LAST_SECONDS = 15.0
"""How much of that time remains for a store that did not answer before the end either."""

_QUIET = {
    # The writer itself waits for a server that does not answer, so the HTTP client need not.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True, slots=True)
class RecordState(Remains):
    """Where the records stand when a run is over.

    Pending events stay in the outbox for the next resume; the problem may be what MLflow refused.

    Attributes:
        state: What the writer noted; empty where it noted that of another store, since run ids of
            that one mean nothing here.
    """

    state: WriterState

    @classmethod
    def of(cls, state: WriterState, store: str, pending: int, problem: str | None) -> Self:
        """What the writer's state says of the store with the name `store`."""
        same_store = state.tracking_uri == store
        return cls(pending, problem, state if same_store else WriterState())


class Recorder:
    """A Sink whose events get into MLflow by way of the disk and another process.

    That process is started at the first finished epoch: it takes seconds of a core to import
    MLflow, which Ray and the packs need until then.
    """

    close_seconds = 600.0  # the rest stays in the outbox

    def __init__(
        self,
        outbox_dir: Path,
        store: TrackingStore,
        experiment: str,
        artifacts: Path,
        log_file: Path,
        *,
        experiment_id: str = "",
        record: str = DEFAULT_RECORD,
    ) -> None:
        """
        Args:
            store: Its address goes to the writer by the environment, where nobody else sees it.
            experiment: MLflow experiment; made if missing.
            experiment_id: That of an experiment that exists, in the place of its name.
            artifacts: Folder for the files of a new experiment; a tracking server over HTTP
                chooses its own.
            record: Which trials have runs of their own; see `record_rule`.
            log_file: Gets the output of the writer process, with what MLflow and Alembic log.

        Raises:
            OSError: The outbox folder cannot be made or read.
        """
        self._folder = outbox_dir
        self._outbox = Outbox(outbox_dir)
        self._log_file = log_file
        self._command = [sys.executable, "-m", "rnnsearch.records.writer"]
        self._command += ["--outbox", str(outbox_dir), "--store", store.name]
        self._command += ["--experiment", experiment, "--artifacts", str(artifacts)]
        self._command += ["--experiment-id", experiment_id, "--record", record]
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._died_at: int | None = None
        self._check_at = 0.0
        self._away_at: float | None = None

    def start(self) -> None:
        """Start the writer process, unless it runs; `on_event` does so at the first finished
        epoch."""
        if self._process is not None and self._process.poll() is None:
            return
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        environment = {**_QUIET, **for_the_writer(os.environ), VARIABLE: self._store.uri}
        # In a plain checkout the package can be imported only by the path of this process.
        paths = [str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *([] if self._died_at is None else ["--again"])],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._check_at = time.monotonic() + CHECK_SECONDS

    def on_event(self, event: Event) -> None:
        self._outbox.on_event(event)
        if self._process is None:
            if isinstance(event, EpochsReported):
                self.start()
        elif time.monotonic() >= self._check_at:
            self._revive()

    @property
    def is_on_disk(self) -> bool:
        """Whether every event that was heard is in the outbox, which a disk may refuse."""
        return self._outbox.problem is None

    @property
    def writer_pid(self) -> int | None:
        """The id of the writer process; None before `start`."""
        return None if self._process is None else self._process.pid

    @property
    def problem(self) -> str | None:
        """What is wrong with the records now, in a line for a person; None where nothing is."""
        if self._outbox.problem is not None:
            return self._outbox.problem
        if self._process is not None and self._process.poll() is not None:
            return f"the writer of the records died; see {self._log_file}"
        state = WriterState.load(self._folder)
        problem = self._complaint(state)
        if problem is None or not state.away:
            self._away_at = None
        elif self._away_at is None:
            self._away_at = time.monotonic()
        return problem

    def _complaint(self, state: WriterState) -> str | None:
        """The problem that this run's writer has noted; that of an earlier one may be mended."""
        return (state.problem or None) if state.writer == self.writer_pid else None

    @property
    def pending(self) -> int:
        """Events that are not in MLflow yet."""
        return max(0, self._outbox.sequence - WriterState.load(self._folder).done)

    def close(
        self,
        deadline_seconds: float,
        progress: Callable[[int, int], None] = lambda done, total: None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> RecordState:
        """Wait until MLflow has all events, or until the deadline; then end the writer.

        Args:
            progress: Called with the numbers of events moved and events to move, since this call.
            patience_seconds: Give up, too, when nothing has moved and the store has answered
                nothing for so long: a server that is down should not hold up a finished study. The
                time that it was down before this call counts, but for `LAST_SECONDS`.
        """
        deadline = time.monotonic() + deadline_seconds
        before = WriterState.load(self._folder).done
        moved, moved_at = (before, last_beat(self._folder)), time.monotonic()
        if self.problem is not None and self._away_at is not None:
            spare = max(0.0, patience_seconds - LAST_SECONDS)
            moved_at -= min(moved_at - self._away_at, spare)
        self._outbox.close()
        if self._process is None:
            self.start()  # a run without one finished epoch is on record too
        self._say_close(deadline_seconds)
        total = self._outbox.sequence - before
        while self._process is not None:
            done = WriterState.load(self._folder).done
            progress(done - before, total)
            if (sign := (done, last_beat(self._folder))) != moved:
                moved, moved_at = sign, time.monotonic()
            if time.monotonic() >= min(deadline, moved_at + patience_seconds):
                self._end()
                break
            try:
                self._process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            if self._process.returncode in (0, BLOCKED_STATUS) or not self._revive():
                break
            self._say_close(deadline - time.monotonic())
        return self._result(before, total, progress)

    def _result(self, before: int, total: int, progress: Callable[[int, int], None]) -> RecordState:
        state = WriterState.load(self._folder)
        progress(state.done - before, total)
        problem = self._outbox.problem or self._complaint(state)
        pending = max(0, self._outbox.sequence - state.done)
        if pending and problem is None:
            problem = f"the writer of the records did not finish; see {self._log_file}"
        return RecordState.of(state, self._store.name, pending, problem)

    def leave(self) -> RecordState:
        """Where the records stand now, while the writer process goes on by itself."""
        self.start()  # a second signal may come before any epoch
        state = WriterState.load(self._folder)
        problem = "nobody waited for them; the writer process goes on by itself"
        return RecordState.of(state, self._store.name, self.pending, problem)

    def _revive(self) -> bool:
        """Start the writer again if it died.

        Returns:
            False where it has died too often in a row.
        """
        self._check_at = time.monotonic() + CHECK_SECONDS
        if self._process is None or self._process.poll() is None:
            return True
        done = WriterState.load(self._folder).done
        if self._died_at is not None and done > self._died_at:
            self._restarts = 0  # it did not die of what it is given
        self._died_at = done
        if self._restarts >= RESTARTS:
            return False
        self._restarts += 1
        self._close_pipe()
        self.start()
        return True

    def _say_close(self, seconds: float) -> None:
        self._close_pipe(f"close {max(0.0, seconds):.1f}\n")

    def _close_pipe(self, last_word: str = "") -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            if last_word:
                self._process.stdin.write(last_word.encode())
            self._process.stdin.close()
        except BrokenPipeError:
            return  # the writer died before it read the line; `close` sees that in its exit status

    def _end(self) -> None:
        """End the writer process when time is up; what it has not moved stays in the outbox."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
