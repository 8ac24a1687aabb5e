"""A driver that is killed on either side of its ledger's flush, again and again, in one study."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_store import PaperStore

from rnnsearch.events import (
    EpochsReported,
    Event,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.writer import Mover
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.space.load import loads
from rnnsearch.study.untold import open_runs, untold

SPACE = """
name: sine
task: {type: sine}
model: {cell: lstm, hidden_size: 8}
training: {learning_rate: {loguniform: [1e-4, 1e-1]}, steps_per_epoch: 10, max_epochs: 3}
search: {metric: val_mse, num_trials: 5}
"""
SPEC = loads(SPACE, name="sine", directory=Path())
EPOCHS = 3


class Killed(BaseException):
    """What a SIGKILL does to a driver, but for the test."""


class Driver:
    """One life of a driver: trials one by one, a flush after each thing that happens.

    Args:
        kill_at: The flush at which it dies; None lives to the end.
        told: Whether the flush is done by then, and only the telling is not.
        now: Unix time; no life has the times of another.
    """

    def __init__(self, directory: StudyDirectory, kill_at: int | None, told: bool, now: float):
        self._kill_at, self._told, self._now = kill_at, told, now
        self._flushes = 0
        self._dying = False
        known = open_runs(directory.outbox) if directory.ledger.exists() else {}
        opener = Ledger.open if directory.ledger.exists() else Ledger.create
        self._ledger = opener(directory, SPEC)
        self._box = Outbox(directory.outbox)
        self._everyone = AfterFlush(self, self._ledger)
        start = StudyStarted(
            now, "sine", "/s", "sine", "val_mse", "minimize", 5, bool(known), SPEC.yaml
        )
        self.on_event(start)
        for event in untold(known, self._ledger.trials(), "val_mse", now):
            self.on_event(event)

    def on_event(self, event: Event) -> None:
        if self._dying:
            raise Killed
        self._box.on_event(event)

    def run(self) -> None:
        while (trial := self._ledger.ask()) is not None:
            number = trial.number
            start = TrialStarted(
                self._now, number, trial.name, trial.params, {}, trial.seed, "p", trial.attempts
            )
            self._tell(start)
            for epoch in range(trial.epoch + 1, EPOCHS + 1):
                value = number + 1 / epoch
                self._ledger.report([(number, epoch, value)])
                row = ({"val_mse": value},)
                self._tell(EpochsReported(self._now + epoch, number, (epoch,), row, 10))
            self._ledger.finish(number, "complete", reason="last epoch", epoch=EPOCHS)
            best = number + 1 / EPOCHS
            self._tell(
                TrialEnded(self._now + 9, number, "complete", "", EPOCHS, best, best, EPOCHS, 1.0)
            )
        self._ledger.close()
        counts = {str(state): count for state, count in self._ledger.counts().items()}
        self.on_event(StudyEnded(self._now + 99, "complete", "", 99.0, {}, counts))
        self._box.close()

    def _tell(self, event: Event) -> None:
        self._everyone.on_event(event)
        self._flushes += 1
        if self._flushes == self._kill_at:
            if not self._told:
                raise Killed
            self._dying = True
        self._ledger.flush()


def move(outbox: Path, store: PaperStore) -> None:
    """Moves what lies in the outbox, as a writer process does."""
    tracker = Tracker(StudyRun(store, WriterState.load(outbox), "sine"))
    mover = Mover(outbox, tracker)
    while mover.gather() or mover.waiting:
        mover.flush()


def test_every_epoch_and_every_end_is_on_record_once(tmp_path: Path) -> None:
    store = PaperStore()
    directory = StudyDirectory(tmp_path, "sine")
    directory.create()
    now = 1_700_000_000.0
    for life, kill_at in enumerate((1, 1, 2, 3, 4, 5, 2, 3, 5, 1, 4)):
        with pytest.raises(Killed):
            Driver(directory, kill_at, life % 2 == 0, now + 1000 * life).run()
        if life % 3 == 0:
            move(directory.outbox, store)
    Driver(directory, None, False, now + 99_000).run()
    move(directory.outbox, store)

    trials, _ = read_trials(directory, SPEC)
    assert [trial.state for trial in trials] == ["complete"] * 5
    assert len(store.runs) == 6
    for trial in trials:
        run = store.named(trial.name)
        curve = {epoch: trial.number + 1 / epoch for epoch in range(1, EPOCHS + 1)}
        assert dict(run.curve("val_mse")) == pytest.approx(curve)
        assert run.status == "FINISHED"
        rate = str(trial.params["training.learning_rate"])
        assert run.params["training.learning_rate"] == rate
    assert store.named("sine").tags["trials_complete"] == "5"
