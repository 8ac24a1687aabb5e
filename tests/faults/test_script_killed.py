"""Kill -9 of what trains a script: of its pack, of its own process, and of the driver."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "integration" / "search"))

from e2e.command import rnnsearch
from ray_study import Notebook, open_study
from test_pack_killed import pack_pids
from unit.training.test_script_trials import a_pack, curve, trained

from rnnsearch.events import EpochsReported, Event, PackLost
from rnnsearch.search.run import SearchOutcome, run_search
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.training.snapshot import read_snapshots

SCRIPT = """
import os, time
from pathlib import Path

import numpy as np
import torch


def train(config, state=None):
    with Path(config.folder, f"begun-{config.seed}").open("a") as begun:
        begun.write(f"{os.getpid()} {config.start_epoch}\\n")
    place = torch.zeros(1) if state is None else state["place"]
    for _ in range(config.start_epoch, config.max_epochs):
        place += config.width * torch.rand(1) + np.random.rand()
        time.sleep(0.1)
        yield {"val_loss": place, "pid": os.getpid()}, {"place": place}
"""

SPACE = """
task: {{type: script, function: "walking:train", process: {process}}}
params: {{width: {{uniform: [0, 1]}}, folder: {folder}}}
training: {{max_epochs: 30}}
search:
  num_trials: 2
  sampler: {{type: random}}
  scheduler: {{type: none}}
  finalists: {{top: 1, seeds: 1}}
resources: {{packs: 1}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "walking.py").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sys.path)))
    return tmp_path


def straight(spec: Any, record: Any) -> list[float]:
    """A trial's curve where nobody kills anything."""
    pack = a_pack()
    pack.add("trial", trial_config(spec, record.params, record.seed))
    return curve(trained(pack, 30), "trial")


def search(folder: Path, process: str, notes: Notebook) -> tuple[SearchOutcome, Any, Any]:
    text = SPACE.format(folder=folder, process=process)
    spec = loads(text, name="walk", directory=folder)
    directory, ledger = open_study(folder, spec)
    outcome = run_search(
        *(spec, directory),
        ledger=ledger,
        listener=notes,
        slice_seconds=0.05,
        snapshot_seconds=0.2,
    )
    return outcome, spec, ledger


def begun(folder: Path, seed: int) -> list[list[int]]:
    """The process and the epochs before each time that a trial's script was called."""
    lines = (folder / f"begun-{seed % 2**32}").read_text().splitlines()
    return [[int(number) for number in line.split()] for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("process", ["shared", "own"])
def test_a_trial_goes_on_from_its_last_state_where_its_pack_is_killed(
    folder: Path, process: str
) -> None:
    kills: list[int] = []

    def kill(event: Event) -> None:
        if isinstance(event, EpochsReported) and max(event.epochs) >= 12 and not kills:
            kills.append(pack_pids()[0])
            os.kill(kills[0], signal.SIGKILL)

    notes = Notebook(kill)
    outcome, spec, ledger = search(folder, process, notes)
    assert outcome.state == "complete"
    ((number,),) = [lost.trials for lost in notes.of(PackLost)]
    for record in ledger.trials():
        assert list(record.values_by_epoch.values()) == straight(spec, record)
    seed = ledger.trial(number).seed
    calls = begun(folder, seed)[:2]  # the last call is that of `straight`
    assert calls[0][1] == 0
    assert calls[1][1] >= 5, "it started again from its seed"
    assert not Path(f"/proc/{calls[0][0]}").exists()


@pytest.mark.slow
def test_a_script_whose_process_is_killed_is_one_failed_trial(folder: Path) -> None:
    kills: list[int] = []

    def kill(event: Event) -> None:
        if isinstance(event, EpochsReported) and max(event.epochs) >= 3 and not kills:
            kills.append(int(event.metrics[0]["pid"]))
            os.kill(kills[0], signal.SIGKILL)

    notes = Notebook(kill)
    outcome, _, ledger = search(folder, "own", notes)
    assert outcome.state == "complete"
    assert notes.of(PackLost) == []
    assert sorted(record.state for record in ledger.trials()) == ["complete", "failed"]
    (failed,) = [record for record in ledger.trials() if record.state == "failed"]
    assert "ended by SIGKILL" in failed.reason


@pytest.mark.slow
def test_a_study_whose_driver_is_killed_is_resumed_from_the_states(folder: Path) -> None:
    (folder / "walk.yaml").write_text(
        SPACE.format(folder=folder, process="own").replace("epochs: 30", "epochs: 400"),
        encoding="utf-8",
    )
    driver = subprocess.Popen(
        [sys.executable, "-m", "rnnsearch", "run", "walk.yaml"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    snapshots = folder / "studies" / "walk" / "snapshots"

    def some_epochs_saved() -> bool:
        """On a busy machine the first snapshot may be older than the script's first states."""
        states = [read_snapshots(path) for path in snapshots.glob("*.snap")]
        return any(one.epoch >= 5 for of_pack in states for one in of_pack.values())

    wait_for(some_epochs_saved, driver)
    (first,) = folder.glob("begun-*")
    (pid, _), *_ = begun(folder, int(first.name.partition("-")[2]))
    driver.kill()
    driver.wait()
    wait_for(lambda: not Path(f"/proc/{pid}").exists())
    resumed = rnnsearch("resume", "walk", cwd=folder)
    assert resumed.status == 0, resumed.err
    calls = begun(folder, int(first.name.partition("-")[2]))
    assert calls[1][1] >= 5, "it started again from its seed"


def wait_for(what: Any, driver: subprocess.Popen[bytes] | None = None) -> None:
    end = time.monotonic() + 300
    while not what():
        assert time.monotonic() < end
        assert driver is None or driver.poll() is None, "the driver has ended"
        time.sleep(0.1)
