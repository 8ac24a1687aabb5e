"""Kill -9 of pack workers in the middle of a study, and packs that hang."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "integration" / "search"))

from ray_study import Notebook, search

from rnnsearch.events import EpochsReported, Event, PackLost, TrialEnded, TrialStarted
from rnnsearch.search.tune.cluster import ray_session


@pytest.fixture
def _one_ray(tmp_path: Path) -> Iterator[None]:
    """For both searches of a test."""
    with ray_session(None, tmp_path / "ray.log"):
        yield


def pack_pids() -> list[int]:
    """Worker processes of packs that are children of this process's Ray."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            title = (entry / "cmdline").read_bytes().split(b"\0")[0]
            ancestors = _ancestors(int(entry.name))
        except OSError:  # it ended meanwhile
            continue
        if title.startswith(b"ray::PackTrainable") and os.getpid() in ancestors:
            found.append(int(entry.name))
    return found


def _ancestors(pid: int) -> set[int]:
    seen: set[int] = set()
    while pid > 1:
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
        seen.add(pid)
    return seen


@pytest.mark.usefixtures("_one_ray")
def test_killed_packs_cost_no_trial(tmp_path: Path) -> None:
    kills: list[int] = []

    def kill(event: Event) -> None:
        due = isinstance(event, EpochsReported) and max(event.epochs) >= 4
        if due and len(kills) < 2 and len(notes.of(PackLost)) == len(kills):
            pids = [pid for pid in pack_pids() if pid not in kills]
            if pids:
                os.kill(pids[0], signal.SIGKILL)
                kills.append(pids[0])

    notes = Notebook(kill)
    settings = [
        "training.steps_per_epoch=50",
        "training.max_epochs=27",
        "search.num_trials=24",
    ]
    outcome, _, ledger = search(tmp_path, settings, notebook=notes, snapshot_seconds=0.2)
    assert len(kills) == 2
    assert len(notes.of(PackLost)) == 2
    assert "died" in notes.of(PackLost)[0].reason or "SYSTEM_ERROR" in notes.of(PackLost)[0].reason
    assert outcome.state == "complete"
    assert sum(ledger.counts().values()) == 24
    assert set(ledger.counts()) <= {"complete", "pruned", "diverged"}
    assert outcome.champion is not None
    lost = {number for event in notes.of(PackLost) for number in event.trials}
    again = {event.number for event in notes.of(TrialStarted) if event.attempt > 1}
    assert lost
    assert again == lost
    assert Counter(event.number for event in notes.of(TrialEnded)) == Counter(range(24))
    epochs = Counter(
        (event.number, epoch) for event in notes.of(EpochsReported) for epoch in event.epochs
    )
    assert set(epochs.values()) == {1}, "a replay is not reported twice"
    for record in ledger.trials():
        assert sorted(record.values_by_epoch) == list(range(1, record.epoch + 1))

    calm = ["search.scheduler={type: none}", *settings]
    _, _, undisturbed = search(tmp_path / "calm", calm)
    for number in lost:
        straight = undisturbed.trial(number).values_by_epoch
        replayed = ledger.trial(number).values_by_epoch
        assert replayed == {epoch: straight[epoch] for epoch in replayed}


@pytest.mark.slow
def test_a_stopped_pack_is_replaced_and_costs_no_trial(tmp_path: Path) -> None:
    stopped: list[int] = []

    def stop(event: Event) -> None:
        if isinstance(event, EpochsReported) and max(event.epochs) >= 4 and not stopped:
            stopped.append(pack_pids()[0])
            os.kill(stopped[0], signal.SIGSTOP)

    notes = Notebook(stop)
    settings = ["search.num_trials=8", "training.max_epochs=9", "resources.pack_timeout=10s"]
    outcome, _, ledger = search(tmp_path, settings, notebook=notes, snapshot_seconds=0.2)
    assert [event.reason for event in notes.of(PackLost)] == [
        "it has not reported for 10 s and was ended"
    ]
    assert outcome.state == "complete"
    assert sum(ledger.counts().values()) == 8
    assert set(ledger.counts()) <= {"complete", "pruned", "diverged"}
    for record in ledger.trials():
        assert sorted(record.values_by_epoch) == list(range(1, record.epoch + 1))
    with pytest.raises(ProcessLookupError):
        os.kill(stopped[0], 0)


@pytest.mark.slow
def test_a_cell_in_an_endless_loop_fails_its_trial_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sys.path)))
    settings = [
        "search.num_trials=4",
        "search.scheduler={type: none}",
        "search.finalists={top: 1, seeds: 1}",
        "training.max_epochs=3",
        "model.hidden_size=4",
        "model.cell={choice: [gru, 'endless:Endless']}",
        "first_trials=[{model.cell: gru}, {model.cell: 'endless:Endless'}]",
        "resources={packs: 1, slots: 4, pack_timeout: 10s}",
    ]
    outcome, notes, ledger = search(tmp_path, settings, snapshot_seconds=0.2)
    assert outcome.champion is not None
    states: dict[str, set[str]] = {"gru": set(), "endless:Endless": set()}
    for record in ledger.trials():
        states[str(record.params["model.cell"])].add(record.state)
    assert states == {"gru": {"complete"}, "endless:Endless": {"failed"}}
    failed = [record.reason for record in ledger.trials() if record.state == "failed"]
    assert set(failed) == {"It was aboard 4 crashes, the last time alone."}
    assert all("has not reported for 10 s" in event.reason for event in notes.of(PackLost))


ENDLESS = """
import torch

class Endless(torch.nn.Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(input_size + hidden_size, hidden_size)
        self.calls = 0

    def forward(self, x, state):
        self.calls += 1
        while self.calls > 40:
            pass
        y = torch.tanh(self.inner(torch.cat([x, state[0]], -1)))
        return y, (y,)
"""
