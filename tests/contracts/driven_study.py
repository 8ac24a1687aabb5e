"""A study with a driver that trains nothing: a ledger that grows, and a lock that is held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from contracts.hand_made import figures
from contracts.written_study import FALLING, SPACE, Written

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.lock import StudyLock
from rnnsearch.space.load import loads
from rnnsearch.tasks.base import Score

WELL = Written(FALLING)


class Driven:
    """The driver: it holds the lock, and does what it is told."""

    def __init__(self, directory: StudyDirectory) -> None:
        self.directory = directory
        self.spec = loads(SPACE, name=directory.name, directory=directory.storage)
        directory.create()
        directory.yaml.write_text(self.spec.yaml, encoding="utf-8")
        self.lock = StudyLock(directory)
        self.lock.acquire()
        self.ledger = Ledger.create(directory, self.spec)

    def start(self, *curve: float) -> int:
        """Take a trial aboard that reports these values, and goes on."""
        trial = self.ledger.ask()
        assert trial is not None
        rows = [(trial.number, epoch, value) for epoch, value in enumerate(curve, 1)]
        self.ledger.report(rows)
        self.ledger.flush()
        return trial.number

    def finish(self, written: Written = WELL) -> int:
        """Train a trial to its end."""
        number = self.start(*written.curve)
        epochs = len(written.curve)
        self.ledger.finish(
            number, written.state, reason=written.reason, epoch=epochs, seconds=written.seconds
        )
        self.ledger.flush()
        return number

    def end(self, state: str = "complete") -> None:
        """End the run as a driver does: how it ended is noted, then the lock is free."""
        scored = (Score("persistence", {"val_mse": 0.11}),)
        run = figures(state)
        self.ledger.note(lambda before: replace(before, run=run, baselines=scored))
        self.ledger.close()
        self.lock.release()

    def die(self) -> None:
        """Leave the lock as a killed process does: its owner stands in it, and is nowhere."""
        self.ledger.close()
        owner = json.loads(self.directory.lock.read_text(encoding="utf-8"))
        self.lock.release()
        dead = json.dumps({**owner, "started": "0"})
        self.directory.lock.write_text(dead, encoding="utf-8")


@contextmanager
def driven(storage: Path, name: str = "wave") -> Iterator[Driven]:
    """A new study with a driver at work; its lock is free afterwards."""
    driver = Driven(StudyDirectory(storage, name))
    try:
        yield driver
    finally:
        driver.lock.release()
