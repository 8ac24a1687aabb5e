"""The process that moves the outbox into MLflow: `python -m rnnsearch.records.writer`.

It runs beside the driver at low priority and ends by itself: when the driver says so on standard
input and all is moved, or when the driver died and what it left is moved. Nothing goes to the
screen; both streams are the log file, which has what MLflow and Alembic say.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rnnsearch.events import Event
from rnnsearch.leaving import leave
from rnnsearch.records.one_writer import is_waited_for, only_writer
from rnnsearch.records.outbox import study_id
from rnnsearch.records.patience import Patience, trouble
from rnnsearch.records.recorder import BLOCKED_STATUS
from rnnsearch.records.segment_reader import DAMAGED, SegmentReader
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import VARIABLE, TrackingStore, sqlite_path
from rnnsearch.records.writer_state import EVERYTHING, WriterState
from rnnsearch.redaction import RedactedStream, redacted, redactor

FLUSH_SECONDS = 5.0
"""Rows of running trials are gathered for so long: one call instead of many, which take MLflow
some 5 ms each."""
FLUSH_EVENTS = 4000
"""... or until so many events wait."""
IDLE_SECONDS = 0.25
ORPHAN_SECONDS = 600.0
"""How long a writer whose driver died goes on trying."""

_log = logging.getLogger("rnnsearch.records.writer")


class Driver:
    """What the writer hears of its driver: standard input, whose end means that it is gone."""

    def __init__(self, waited_for: Callable[[], bool]) -> None:
        """
        Args:
            waited_for: Whether the writer of another driver waits for this one to end.
        """
        self._waited_for = waited_for
        self._parent = os.getppid()
        self._deadline: float | None = None
        self.said_goodbye = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.startswith("close "):
                self.said_goodbye = True
                self._deadline = time.monotonic() + float(line.split()[1])
        if self._deadline is None:
            self._deadline = time.monotonic() + ORPHAN_SECONDS

    @property
    def leaving(self) -> bool:
        if self._deadline is None and os.getppid() != self._parent:
            self._deadline = time.monotonic() + ORPHAN_SECONDS
        return self._deadline is not None

    def rest(self, seconds: float) -> None:
        """Sleep, up to the moment when the driver leaves: then every second counts."""
        left, until = self.leaving, time.monotonic() + seconds
        while (now := time.monotonic()) < until and self.leaving == left and not self.out_of_time:
            time.sleep(min(IDLE_SECONDS, until - now))

    @property
    def out_of_time(self) -> bool:
        """Whether to leave the rest: to the next driver's writer, if it waits for us."""
        if not self.leaving or self._deadline is None:
            return False
        return time.monotonic() >= self._deadline or self._waited_for()


class Mover:
    """Reads the outbox, keeps the state file, and hands events to the tracker."""

    def __init__(self, folder: Path, tracker: Tracker) -> None:
        self._folder = folder
        self._tracker = tracker
        self._state = tracker.state
        self._reader = SegmentReader(folder, tracker.state.done)
        self._unread: deque[tuple[int, Event]] = deque()
        self._gathered = 0
        self._last = tracker.state.done
        self._damaged = 0
        self._flushed_at = 0.0

    def gather(self) -> bool:
        """Take new events up to the next flush.

        Returns:
            Whether it is time to flush.
        """
        if not self._unread:
            self._unread.extend(self._reader.read())
        while self._unread:
            sequence, event = self._unread.popleft()
            self._last = sequence
            self._gathered += 1
            if self._tracker.add(sequence, event) or self._gathered >= FLUSH_EVENTS:
                return True
        return self._behind and time.monotonic() - self._flushed_at >= FLUSH_SECONDS

    @property
    def _behind(self) -> bool:
        """Whether lines were passed that the state does not know of; of a damaged one nothing is
        gathered."""
        return self._gathered > 0 or self._reader.last > self._state.done

    @property
    def waiting(self) -> bool:
        """Whether something was read that is not in MLflow yet."""
        return self._behind or bool(self._unread)

    def flush(self) -> None:
        """Move what was gathered; raises what the store raises, and may be called again."""
        state = self._state
        if not self._unread:
            self._last = max(self._last, self._reader.last)
        if state.claimed < self._last:
            state.claimed = self._last
            state.save(self._folder)
        self._tracker.flush()
        state.done = state.claimed = self._last
        state.remedy, state.commands, state.away = "", [], False
        state.damaged += self._reader.damaged - self._damaged
        self._damaged = self._reader.damaged
        if not state.refused:
            state.problem = _damage(state.damaged)
        state.save(self._folder)
        self._gathered = 0
        self._flushed_at = time.monotonic()
        self._reader.delete_done(state.done)


def _damage(count: int) -> str:
    """What a person is told of records that nobody can read."""
    if not count:
        return ""
    records = "1 record is" if count == 1 else f"{count} records are"
    return (
        f"{records} damaged or missing in the study's outbox, and so not in MLflow; what there is "
        f"of them is kept there, in *{DAMAGED}"
    )


def move(mover: Mover, driver: Driver, patience: Patience) -> int:
    """Move events until the driver is gone and nothing is left.

    Returns:
        The exit status: 0 where everything was moved, 1 where time ran out, or BLOCKED_STATUS.
    """
    while True:
        leaving = driver.leaving
        due = mover.gather()
        if due or (leaving and mover.waiting):
            try:
                mover.flush()
            except trouble() as error:
                patience.failed(error)
                if leaving and patience.blocked:
                    return BLOCKED_STATUS
            else:
                patience.worked()
        elif leaving and not mover.waiting:
            return 0
        if driver.out_of_time:
            return 1 if mover.waiting else 0
        if patience.pause or not due:
            if not leaving:
                # The winner's model needs it, when somebody waits for the end.
                import_module("mlflow.pyfunc")
            driver.rest(patience.pause or IDLE_SECONDS)


def run(arguments: argparse.Namespace) -> int:
    """Prepare the store, move everything, close what a dead driver left open."""
    folder: Path = arguments.outbox
    store = TrackingStore(os.environ[VARIABLE], arguments.store)
    driver = Driver(lambda: is_waited_for(folder))
    with only_writer(folder):
        keep_temporary_files_in(folder / "scratch")
        state = WriterState.load(folder)
        if not _is_of(state, store):
            # Another store: run ids of the old one mean nothing here.
            state = WriterState(
                done=state.done,
                claimed=EVERYTHING if state.tracking_uri else state.claimed,
                study=state.study,
                best=state.best,
                counts=state.counts,
                ended=state.ended,
            )
        state.tracking_uri = store.name
        patience = Patience(folder, state, store)
        patience.begin(again=arguments.again)
        while (tracker := _connect(arguments, store, state, patience)) is None:
            if driver.leaving and patience.blocked:
                return BLOCKED_STATUS
            if driver.out_of_time:
                return 1
            driver.rest(patience.pause)
        patience.worked()
        status = move(Mover(folder, tracker), driver, patience)
        if status == 0 and not driver.said_goodbye:
            tracker.abandon(time.time())
            state.save(folder)
        shutil.rmtree(folder / "scratch", ignore_errors=True)
    return status


def keep_temporary_files_in(folder: Path) -> None:
    """Give MLflow a place for its temporary files that is found again if this process is killed.

    A model that is half logged would stay in the machine's own folder for them, which nobody
    empties for us; here the next writer does.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    tempfile.tempdir = str(folder)


def _is_of(state: WriterState, store: TrackingStore) -> bool:
    """Whether the run ids of a state mean something in a store."""
    if state.tracking_uri == store.name or redacted(state.tracking_uri) == store.name:
        return True
    # An older version noted the default store by its path.
    path = sqlite_path(store.uri)
    return path is not None and path == sqlite_path(state.tracking_uri)


def _connect(
    arguments: argparse.Namespace, store: TrackingStore, state: WriterState, patience: Patience
) -> Tracker | None:
    """Open the store; None where it does not let us in now."""
    from rnnsearch.records.mlflow.database import prepare

    folder: Path = arguments.outbox
    try:
        prepare(store.uri)
        import mlflow
        from mlflow import MlflowClient

        mlflow.set_tracking_uri(store.uri)
        _collect_less()
        web = store.uri.startswith(("http://", "https://"))
        return Tracker(
            MlflowClient(),
            state,
            study_id=study_id(folder),
            store=store,
            experiment=arguments.experiment,
            artifacts=None if web else arguments.artifacts,
            folder=folder.parent,
        )
    except trouble() as error:
        patience.failed(error)
        return None


def _collect_less() -> None:
    """Leave what MLflow and SQLAlchemy brought out of Python's collections of garbage, and have
    fewer of them: they took a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main() -> int:
    parser = argparse.ArgumentParser(prog="rnnsearch.records.writer", description=__doc__)
    parser.add_argument("--outbox", type=Path, required=True)
    # Its address, which may hold a password, comes by the environment: others see arguments.
    parser.add_argument("--store", required=True, help="how the store is named in what is kept")
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--artifacts", type=Path, required=True)
    parser.add_argument("--again", action="store_true", help="an earlier one of this run died")
    arguments = parser.parse_args()
    # Ctrl-C goes to everyone at the terminal; the writer still has records to move.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    # Both streams are the log file. MLflow, SQLAlchemy and Python itself put the store's address
    # into what they say.
    redact = redactor(os.environ[VARIABLE])
    sys.stdout = RedactedStream(sys.stdout, redact)
    sys.stderr = RedactedStream(sys.stderr, redact)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    try:
        return run(arguments)
    except Exception:
        _log.exception("the writer stops")
        return 1


if __name__ == "__main__":
    leave(main())
