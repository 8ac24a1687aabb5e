"""The process that moves the outbox into MLflow: `python -m rnnsearch.records.writer`.

It runs beside the driver at low priority and ends by itself: when the driver says so on standard
input and all is moved, or when the driver died and what it left is moved. Nothing goes to the
screen; the log file has what MLflow and Alembic say.
"""

from __future__ import annotations

import argparse
import fcntl
import gc
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from pathlib import Path

from rnnsearch.events import Event
from rnnsearch.records.outbox import study_id
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.writer_state import EVERYTHING, WriterState

FLUSH_SECONDS = 5.0
"""Rows of running trials are gathered for so long: one call instead of many, which take MLflow
some 5 ms each."""
FLUSH_EVENTS = 4000
"""... or until so many events wait."""
IDLE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
ORPHAN_SECONDS = 600.0
"""How long a writer whose driver died goes on trying."""

_log = logging.getLogger("rnnsearch.records.writer")


class Driver:
    """What the writer hears of its driver: standard input, whose end means that it is gone."""

    def __init__(self) -> None:
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

    @property
    def out_of_time(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline


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
        return self._gathered > 0 and time.monotonic() - self._flushed_at >= FLUSH_SECONDS

    @property
    def waiting(self) -> bool:
        """Whether something was read that is not in MLflow yet."""
        return self._gathered > 0 or bool(self._unread)

    def flush(self) -> None:
        """Move what was gathered; raises what the store raises, and may be called again."""
        state = self._state
        if state.claimed < self._last:
            state.claimed = self._last
            state.save(self._folder)
        self._tracker.flush()
        state.done = state.claimed = self._last
        if not state.refused:
            state.problem = ""
        state.save(self._folder)
        self._gathered = 0
        self._flushed_at = time.monotonic()
        self._reader.delete_done(state.done)

    def complain(self, problem: str) -> None:
        """Show the driver what is wrong."""
        if self._state.problem != problem:
            self._state.problem = problem
            self._state.save(self._folder)


def move(mover: Mover, driver: Driver) -> bool:
    """Move events until the driver is gone and nothing is left.

    Returns:
        Whether everything was moved; False when time ran out.
    """
    from mlflow.exceptions import MlflowException

    pause = 0.0
    while True:
        leaving = driver.leaving
        due = mover.gather()
        if due or (leaving and mover.waiting):
            try:
                mover.flush()
                pause = 0.0
            except (MlflowException, OSError) as error:
                _log.warning("MLflow is away or slow: %s", error)
                mover.complain(f"MLflow does not answer: {str(error).splitlines()[0]}")
                pause = min(max(2 * pause, 0.5), LONGEST_PAUSE_SECONDS)
        elif leaving and not mover.waiting:
            return True
        if driver.out_of_time:
            return not mover.waiting
        if pause or not due:
            time.sleep(pause or IDLE_SECONDS)


def run(arguments: argparse.Namespace) -> int:
    """Prepare the store, move everything, close what a dead driver left open."""
    folder: Path = arguments.outbox
    driver = Driver()
    with (folder / "writer.lock").open("w") as lock:
        # The writer of a driver that was killed may still be at work on this outbox.
        fcntl.flock(lock, fcntl.LOCK_EX)
        from rnnsearch.records.database import prepare

        prepare(arguments.tracking_uri)
        import mlflow
        from mlflow import MlflowClient

        mlflow.set_tracking_uri(arguments.tracking_uri)
        _collect_less()
        state = WriterState.load(folder)
        if not state.tracking_uri:
            state.tracking_uri = arguments.tracking_uri
        elif state.tracking_uri != arguments.tracking_uri:
            # Another store: run ids of the old one mean nothing here.
            state = WriterState(
                tracking_uri=arguments.tracking_uri,
                done=state.done,
                claimed=EVERYTHING,
                study=state.study,
                best=state.best,
                counts=state.counts,
            )
        web = arguments.tracking_uri.startswith(("http://", "https://"))
        tracker = Tracker(
            MlflowClient(),
            state,
            study_id=study_id(folder),
            experiment=arguments.experiment,
            artifacts=None if web else arguments.artifacts,
            figures=folder.parent / "figures",
        )
        finished = move(Mover(folder, tracker), driver)
        if finished and not driver.said_goodbye:
            tracker.abandon(time.time())
            state.save(folder)
    return 0 if finished else 1


def _collect_less() -> None:
    """Leave what MLflow and SQLAlchemy brought out of Python's collections of garbage, and have
    fewer of them: they took a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main() -> int:
    parser = argparse.ArgumentParser(prog="rnnsearch.records.writer", description=__doc__)
    parser.add_argument("--outbox", type=Path, required=True)
    parser.add_argument("--tracking-uri", required=True)
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--artifacts", type=Path, required=True)
    parser.add_argument("--logs", type=Path, required=True)
    arguments = parser.parse_args()
    # Ctrl-C goes to everyone at the terminal; the writer still has records to move.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    logging.basicConfig(
        filename=arguments.logs,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    try:
        return run(arguments)
    except Exception:
        _log.exception("the writer stops")
        raise


if __name__ == "__main__":
    sys.exit(main())
