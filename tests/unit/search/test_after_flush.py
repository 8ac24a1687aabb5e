"""What happened to trials is told once the ledger has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.broken_disk import BrokenDisk
from ledgers import asked, new
from small_space import study_directory

from rnnsearch import disk
from rnnsearch.errors import StorageError
from rnnsearch.events import EpochsReported, Event, PackStarted, TrialEnded
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.ledger.journal import BufferedJournal


class Heard:
    """Notes each event with the number of records that the ledger's file had by then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.events: list[tuple[Event, int]] = []

    def on_event(self, event: Event) -> None:
        records = sum(1 for _ in BufferedJournal(self._path, read_only=True).read_logs(0))
        self.events.append((event, records))


def epochs(number: int, epoch: int) -> EpochsReported:
    return EpochsReported(float(epoch), number, (epoch,), ({"val_mse": 0.5},), 10)


def test_trials_are_told_of_in_order_after_the_flush(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    heard = Heard(study_directory(tmp_path).ledger)
    told = AfterFlush(heard, ledger)
    trial = asked(ledger)
    ledger.flush()
    for epoch in (1, 2):
        ledger.report([(trial.number, epoch, 0.5)])
        told.on_event(epochs(trial.number, epoch))
    pack = PackStarted(0.0, "pack", "node", 8)
    told.on_event(pack)

    assert [event for event, _ in heard.events] == [pack], "no trial of the ledger's"
    ledger.flush()
    assert [event for event, _ in heard.events] == [pack, epochs(0, 1), epochs(0, 2)]
    before, after = heard.events[0][1], heard.events[1][1]
    assert after == before + 2
    ledger.flush()
    assert len(heard.events) == 3, "each once"


def test_while_the_disk_refuses_the_ledger_nobody_hears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = new(tmp_path)
    heard = Heard(study_directory(tmp_path).ledger)
    told = AfterFlush(heard, ledger)
    trial = asked(ledger)
    broken = BrokenDisk(0)
    monkeypatch.setattr(disk, "os", broken)
    ledger.report([(trial.number, 1, 0.5)])
    told.on_event(epochs(0, 1))
    with pytest.raises(StorageError):
        ledger.flush()
    assert heard.events == []

    ended = TrialEnded(2.0, 0, "complete", "", 1, 0.5, 0.5, 1, 1.0)
    ledger.finish(0, "complete", reason="")
    told.on_event(ended)
    broken.mend()
    ledger.flush()
    assert [event for event, _ in heard.events] == [epochs(0, 1), ended]
