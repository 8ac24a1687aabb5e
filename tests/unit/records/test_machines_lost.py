"""Machines that are lost with their folders at any moment, and another one goes on with the study.

What lies in the object store, in the ledger's database and in the records is whole at the end.
"""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from contracts.remotes import MemoryRemote
from paper_store import PaperStore
from test_killed_between import EPOCHS, SPEC, Killed, move

from rnnsearch import cached_store
from rnnsearch.errors import StoreAwayError
from rnnsearch.events import (
    EpochsReported,
    Event,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.records.events_codec import encode
from rnnsearch.records.outbox import Outbox
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.kept_events import KeptEvents
from rnnsearch.search.ledger.journal_store import JournalStore
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.open_study import create_study, open_study
from rnnsearch.search.mirror.mirror import Mirror
from rnnsearch.study.mirroring import recall
from rnnsearch.study.untold import open_runs, untold

NOW = 1_700_000_000.0


class PaperDatabase(JournalStore):
    """A database on a machine that is not lost: records, and events by the first of them."""

    def __init__(self, directory: StudyDirectory, events: list[tuple[int, bytes]]) -> None:
        super().__init__(directory)
        self._events = events
        self._waiting: list[bytes] = []

    def keep(self, line: bytes) -> None:
        self._waiting.append(line)

    def flush(self) -> None:
        first = self.journal.flushed
        super().flush()
        self._events += [(first, line) for line in self._waiting]
        self._waiting.clear()

    def kept(self) -> bytes:
        return b"".join(line for _, line in self._events)

    def forget(self, before: int) -> None:
        self._events[:] = [one for one in self._events if one[0] >= before]


class World:
    """What outlives machines, and the dice."""

    def __init__(self, folder: Path, seed: int, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.remote, self.records = MemoryRemote(), PaperStore()
        self.database = StudyDirectory(folder / "database", "sine")
        self.database.create()
        self.events: list[tuple[int, bytes]] = []
        self.lives = 0
        self._mirrors: dict[Path, Mirror] = {}
        patch.setattr("rnnsearch.search.directory.mirror_of", self._mirrors.get)

    def machine(self, number: int) -> StudyDirectory:
        """The study's folder there, of a process that begins."""
        directory = StudyDirectory(self.folder / f"machine-{number}", "sine")
        cached_store._known[directory.storage] = "s3://bucket/studies"
        self._mirrors[directory.root] = Mirror(self.remote, directory.root)
        return directory


class Driver:
    """One life of a driver: a flush after each thing that happens, and then, perhaps, a push to the
    store and a move to the records."""

    def __init__(self, world: World, machine: int, kill_at: int | None, told: bool) -> None:
        self.world, self._kill_at, self._told = world, kill_at, told
        self._flushes, self._dying, self._now = 0, False, NOW + 1000 * world.lives
        world.lives += 1
        self.directory = world.machine(machine)
        mirror = self.directory.mirror
        assert mirror is not None
        self.mirror = mirror
        mirror.refresh(print)
        self.directory.create()
        mirror.claim(print)
        self.directory.yaml.write_text(SPEC.yaml)
        mirror.push()
        store = PaperDatabase(world.database, world.events)
        known = world.database.ledger_place.has_records()
        opened = (open_study if known else create_study)(store, world.database, SPEC)
        self.ledger = Ledger(opened, SPEC)
        recall(self.directory, self.ledger)
        runs = open_runs(self.directory.outbox)
        self.box = Outbox(self.directory.outbox)
        kept = KeptEvents(store, lambda event: encode(event, 1))
        mirror.mark, mirror.pushed = lambda: kept.told, kept.forget
        self._everyone = AfterFlush(self, self.ledger, kept)
        self.on_event(
            StudyStarted(
                self._now, "sine", "/s", "sine", "val_mse", "minimize", 5, known, SPEC.yaml
            )
        )
        for event in untold(runs, self.ledger.trials(), "val_mse", self._now):
            self.on_event(event)

    def on_event(self, event: Event) -> None:
        if self._dying:
            raise Killed
        self.box.on_event(event)

    def run(self) -> None:
        while (trial := self.ledger.ask()) is not None:
            number = trial.number
            self._tell(
                TrialStarted(
                    *(self._now, number, trial.name, trial.params, {}),
                    *(trial.seed, "p", trial.attempts),
                )
            )
            for epoch in range(trial.epoch + 1, EPOCHS + 1):
                row = {"val_mse": number + 1 / epoch, "train_loss": 2 * number + 1 / epoch}
                self.ledger.report([(number, epoch, row["val_mse"])])
                self._tell(EpochsReported(self._now + epoch, number, (epoch,), (row,), 10))
            self.ledger.finish(number, "complete", reason="last epoch", epoch=EPOCHS)
            best = number + 1 / EPOCHS
            self._tell(
                TrialEnded(self._now + 9, number, "complete", "", EPOCHS, best, best, EPOCHS, 1.0)
            )
        self.ledger.close()
        counts = {str(state): count for state, count in self.ledger.counts().items()}
        self.on_event(StudyEnded(self._now + 99, "complete", "", 99.0, {}, counts))
        self.box.close()

    def _tell(self, event: Event) -> None:
        self._everyone.on_event(event)
        self._flushes += 1
        if self._flushes == self._kill_at:
            if not self._told:
                raise Killed
            self._dying = True
        self.ledger.flush()
        chance = self.world.chance
        if chance.random() < 0.4:
            move(self.directory.outbox, self.world.records)
        if chance.random() < 0.5:
            self.world.remote.left = chance.choice((0, 1, 2, 3, 10**9, 10**9))
            with suppress(StoreAwayError):
                self.mirror.push()
            self.world.remote.away, self.world.remote.left = False, 10**9


@pytest.mark.parametrize("seed", [0, 4, 5, 6, 11])
def test_every_metric_of_every_epoch_is_on_record_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    world = World(tmp_path, seed, monkeypatch)
    chance, machine = world.chance, 0
    for _ in range(8):
        driver = Driver(world, machine, chance.randint(1, 6), chance.random() < 0.5)
        try:
            driver.run()
            break
        except Killed:
            pass
        if chance.random() < 0.7:
            shutil.rmtree(driver.directory.storage)
        machine += chance.choice((0, 1))
    driver = Driver(world, machine, None, told=False)
    driver.run()
    move(driver.directory.outbox, world.records)
    driver.mirror.push()

    trials = driver.ledger.trials()
    assert [trial.state for trial in trials] == ["complete"] * 5
    assert len(world.records.runs) == 6
    for trial in trials:
        run = world.records.named(trial.name)
        for metric, factor in (("val_mse", 1), ("train_loss", 2)):
            curve = [(epoch, factor * trial.number + 1 / epoch) for epoch in range(1, EPOCHS + 1)]
            assert sorted(run.curve(metric)) == curve, (trial.name, metric)
        assert run.status == "FINISHED"
    assert world.records.named("sine").tags["trials_complete"] == "5"
