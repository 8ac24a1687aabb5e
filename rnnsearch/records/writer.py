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
import time
import warnings
from pathlib import Path

from rnnsearch.leaving import leave
from rnnsearch.records.driver_pipe import IDLE_SECONDS, Driver
from rnnsearch.records.mover import Mover
from rnnsearch.records.one_writer import is_waited_for, only_writer
from rnnsearch.records.outbox import study_id
from rnnsearch.records.patience import Patience, Trouble
from rnnsearch.records.recorder import BLOCKED_STATUS
from rnnsearch.records.run_store import RunStore
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import VARIABLE, TrackingStore
from rnnsearch.records.writer_state import WriterState
from rnnsearch.redaction import RedactedStream, redactor

_log = logging.getLogger("rnnsearch.records.writer")


def move(mover: Mover, store: RunStore, driver: Driver, patience: Patience) -> int:
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
            except Trouble as error:
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
                store.warm_up()
            driver.rest(patience.pause or IDLE_SECONDS)


def run(arguments: argparse.Namespace) -> int:
    """Open the store, move everything, close what a dead driver left open."""
    folder: Path = arguments.outbox
    tracking = TrackingStore(os.environ[VARIABLE], arguments.store)
    driver = Driver(lambda: is_waited_for(folder))
    with only_writer(folder):
        keep_temporary_files_in(folder / "scratch")
        state = WriterState.of_store(folder, tracking)
        patience = Patience(folder, state, tracking)
        patience.begin(again=arguments.again)
        while (store := _connected(folder, tracking, patience)) is None:
            if driver.leaving and patience.blocked:
                return BLOCKED_STATUS
            if driver.out_of_time:
                return 1
            driver.rest(patience.pause)
        patience.worked()
        web = tracking.uri.startswith(("http://", "https://"))
        artifacts = None if web else arguments.artifacts
        tracker = Tracker(StudyRun(store, state, arguments.experiment, artifacts, folder.parent))
        status = move(Mover(folder, tracker), store, driver, patience)
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


def _connected(folder: Path, tracking: TrackingStore, patience: Patience) -> RunStore | None:
    """The store; None where it does not let us in now."""
    from rnnsearch.records.mlflow.store import connect

    try:
        store = connect(tracking, study_id(folder))
    except Trouble as error:
        patience.failed(error)
        return None
    # What MLflow and SQLAlchemy brought is left out of Python's collections of garbage, and there
    # are fewer of them: they took a twelfth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return store


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
