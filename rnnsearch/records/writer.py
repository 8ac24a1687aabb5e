"""The process that moves the outbox into MLflow: `python -m rnnsearch.records.writer`.

It runs beside the driver at low priority. It ends by itself when all events are moved and the
driver either said on standard input that it is done, or died. Nothing goes to the screen: both
streams are the log file, which also gets what MLflow and Alembic log.
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
from rnnsearch.records.held_trials import HELD
from rnnsearch.records.machine import Machine, machine
from rnnsearch.records.mover import Mover
from rnnsearch.records.one_writer import is_waited_for, only_writer
from rnnsearch.records.outbox import study_id
from rnnsearch.records.patience import Patience, Trouble
from rnnsearch.records.pulse import Pulse
from rnnsearch.records.record_rule import DEFAULT_RECORD
from rnnsearch.records.recorder import BLOCKED_STATUS
from rnnsearch.records.run_store import RunStore
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import VARIABLE, TrackingStore
from rnnsearch.records.writer_state import WriterState
from rnnsearch.redaction import RedactedStream, redactor

_log = logging.getLogger("rnnsearch.records.writer")


def move(
    mover: Mover, store: RunStore, driver: Driver, patience: Patience, machine: Machine
) -> int:
    """Move events until the driver is gone and no event is left.

    Returns:
        The exit status: 0 where everything was moved, 1 where time ran out, or BLOCKED_STATUS.
    """
    while True:
        leaving = driver.leaving
        machine.look()
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
                # The registration of the champion needs these imports, when a person waits for it.
                store.warm_up()
            driver.rest(patience.pause or IDLE_SECONDS)


def work(arguments: argparse.Namespace) -> int:
    """Open the store, move all events, and close the runs that a dead driver left open.

    Returns:
        The exit status, as that of `move`.
    """
    folder: Path = arguments.outbox
    tracking = TrackingStore(os.environ[VARIABLE], arguments.store)
    driver = Driver(lambda: is_waited_for(folder))
    with only_writer(folder):
        keep_temporary_files_in(folder / "scratch")
        state = WriterState.of_store(folder, tracking)
        patience = Patience(folder, state, tracking)
        patience.begin(again=arguments.again)
        pulse = Pulse(folder)
        while (store := _connected(folder, tracking, patience, pulse)) is None:
            if driver.leaving and patience.blocked:
                return BLOCKED_STATUS
            if driver.out_of_time:
                return 1
            driver.rest(patience.pause)
        patience.worked()
        web = tracking.uri.startswith(("http://", "https://"))
        artifacts = None if web else arguments.artifacts
        run = StudyRun(
            store, state, arguments.experiment, artifacts, folder.parent, arguments.experiment_id
        )
        samples = machine(state.samples)
        tracker = Tracker(run, samples, arguments.record, folder / HELD)
        status = move(Mover(folder, tracker), store, driver, patience, samples)
        if status == 0 and not driver.is_done:
            tracker.abandon(time.time())
            state.save(folder)
        shutil.rmtree(folder / "scratch", ignore_errors=True)
        pulse.stop()
    return status


def keep_temporary_files_in(folder: Path) -> None:
    """Give MLflow a folder of its own for temporary files, and empty it.

    Where this process is killed, a half logged model stays behind. In the machine's own folder for
    temporary files nobody would delete it; here the next writer does.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    tempfile.tempdir = str(folder)


def _connected(
    folder: Path, tracking: TrackingStore, patience: Patience, pulse: Pulse
) -> RunStore | None:
    """Open the store; returns None where that fails for now."""
    from rnnsearch.records.mlflow.store import connect

    try:
        store = connect(tracking, study_id(folder), pulse.beat)
    except Trouble as error:
        patience.failed(error)
        return None
    # The garbage collector leaves out the objects of MLflow's and SQLAlchemy's imports and runs
    # less often: it took a twelfth of this process's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return store


def main() -> int:
    parser = argparse.ArgumentParser(prog="rnnsearch.records.writer", description=__doc__)
    parser.add_argument("--outbox", type=Path, required=True)
    # The address may hold a password, and others can see arguments: it comes by the environment.
    parser.add_argument("--store", required=True, help="how the store is named in what is kept")
    parser.add_argument("--experiment", required=True, help="its name; empty with an id alone")
    parser.add_argument("--experiment-id", default="", help="that of one that exists")
    parser.add_argument("--record", default=DEFAULT_RECORD, help="which trials have runs")
    parser.add_argument("--artifacts", type=Path, required=True)
    parser.add_argument("--again", action="store_true", help="an earlier one of this run died")
    arguments = parser.parse_args()
    # Ctrl-C reaches every process of the terminal, and the writer still has events to move.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    # MLflow, SQLAlchemy and Python itself repeat the store's address in what they log.
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
        return work(arguments)
    except Exception:
        _log.exception("the writer stops")
        return 1


if __name__ == "__main__":
    leave(main())
