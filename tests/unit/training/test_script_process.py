"""Scripts in processes of their own: what they leave behind goes with them, and they go in time."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from unit.training import test_script_trials as shared

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.script.config import ScriptConfig
from rnnsearch.training.config import FreeValue, TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

HERE = "unit.training.test_script_process"
left_behind = 0


def leaky(config: Any, state: Any = None) -> Iterator[Any]:
    """A walk that counts its epochs in what all trials of a process share."""
    global left_behind
    place = torch.zeros(2) if state is None else state["place"]
    for _ in range(config.start_epoch, config.max_epochs):
        left_behind += 1
        place += config.width * torch.rand(2)
        metrics = {"val_loss": place.sum(), "epochs_here": left_behind, "pid": os.getpid()}
        gpu = float(os.environ.get("CUDA_VISIBLE_DEVICES") or -1)
        yield {**metrics, "gpu": gpu}, {"place": place}


def tidy(config: Any, state: Any = None) -> Iterator[Any]:
    folder = Path(config.folder)
    (folder / "pid").write_text(str(os.getpid()))
    try:
        if config.epochs_before:
            yield {"val_loss": 1.0}
        (folder / "busy").touch()
        time.sleep(600)
    finally:
        (folder / "tidied").touch()


def stubborn(config: Any, state: Any = None) -> Iterator[Any]:
    """Holds Python's lock in a call of C, and has started a process that heeds no SIGTERM, and
    is not in its group."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(
        [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN);"
         "print(flush=True); time.sleep(600)"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert child.stdout
    child.stdout.readline()
    folder = Path(config.folder)
    (folder / "pid").write_text(str(os.getpid()))
    (folder / "child").write_text(str(child.pid))
    (folder / "busy").touch()
    ctypes.PyDLL(None).sleep(600)
    yield {"val_loss": 1.0}


def leaving(config: Any, state: Any = None) -> Iterator[Any]:
    os._exit(3)
    yield {}


def killed(config: Any, state: Any = None) -> Iterator[Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield {}


def faulty(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"val_loss": 1.0}
    raise ValueError(f"no width {config.width}")


def own(function: str, grace: float = 0.2, **params: FreeValue) -> TrialConfig:
    return TrialConfig(
        task=ScriptConfig(function=function, process="own", stop_grace_period=grace),
        model=ModelConfig(),
        training=TrainingConfig(max_epochs=4),
        seed=1,
        params=tuple({"width": 2.0, **params}.items()),
    )


def wait_for(what: Callable[[], Any], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def lives(folder: Path, name: str) -> bool:
    """Whether the process is there whose number stands in a file, and is no zombie."""
    try:
        stat = Path(f"/proc/{(folder / name).read_text()}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(") ")[2][0] != "Z"


def test_it_trains_as_in_a_shared_process_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")  # as Ray sets it in a pack
    pack = shared.a_pack()
    pack.add("trial", own(f"{HERE}:leaky"))
    first = shared.trained(pack, 2)
    states = pack.state()
    pack.remove("trial")
    pack.add("trial", own(f"{HERE}:leaky"), states["trial"])
    second = shared.trained(pack, 4)
    together = replace(own(f"{HERE}:leaky"), task=ScriptConfig(function=f"{HERE}:leaky"))
    curve = shared.curve(first, "trial") + shared.curve(second, "trial")
    assert curve == shared.alone(together)
    reports = [one.metrics for one in (*first.reports, *second.reports)]
    assert [one["epochs_here"] for one in reports] == [1, 2, 1, 2]
    assert {one["gpu"] for one in reports} == {3.0}
    pids = [one["pid"] for one in reports]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert os.getpid() not in pids


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("faulty", ["ValueError: no width 2.0", "in faulty", "Traceback", "width=2.0", "seed=1"]),
        pytest.param(
            *("leaving", ["ended its process, with status 3", "log of its pack"]),
            marks=pytest.mark.slow,
        ),
        ("killed", ["ended by SIGKILL", "memory runs out"]),
    ],
)
def test_an_error_is_one_failed_trial(function: str, words: list[str]) -> None:
    pack = shared.a_pack()
    pack.add("bad", own(f"{HERE}:{function}"))
    (refusal,) = shared.trained(pack, 4).refusals
    assert [word for word in words if word not in refusal.reason] == []


@pytest.mark.parametrize("epochs", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_script_that_is_ended_tidies_up(tmp_path: Path, epochs: int) -> None:
    pack = shared.a_pack()
    pack.add("trial", own(f"{HERE}:tidy", 60.0, folder=str(tmp_path), epochs_before=epochs))
    if epochs:
        shared.trained(pack, 1)
    else:
        while not (tmp_path / "busy").exists():
            pack.train({"trial": 4}, 0.1)
    pack.remove("trial")
    wait_for(lambda: not lives(tmp_path, "pid"), 30.0)
    assert (tmp_path / "tidied").exists()


@pytest.mark.slow
def test_a_script_that_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    pack = shared.a_pack()
    pack.add("trial", own(f"{HERE}:stubborn", folder=str(tmp_path)))
    while not (tmp_path / "busy").exists():
        pack.train({"trial": 4}, 0.1)
    assert lives(tmp_path, "pid")
    assert lives(tmp_path, "child")
    pack.remove("trial")
    wait_for(lambda: not lives(tmp_path, "pid") and not lives(tmp_path, "child"), 10.0)
    pack.add("next", own(f"{HERE}:leaky"))
    assert len(shared.curve(shared.trained(pack, 1), "next")) == 1


def test_nothing_of_a_script_outlives_a_pack_that_is_killed(tmp_path: Path) -> None:
    code = f"from {HERE} import a_killed_pack; a_killed_pack({str(tmp_path)!r})"
    path = os.pathsep.join(sys.path)
    pack = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path})
    wait_for((tmp_path / "busy").exists)
    assert lives(tmp_path, "pid")
    assert lives(tmp_path, "child")
    pack.kill()
    pack.wait()
    wait_for(lambda: not lives(tmp_path, "pid") and not lives(tmp_path, "child"), 10.0)


def a_killed_pack(folder: str) -> None:
    pack = Pack({}, objective="val_loss")
    pack.add("trial", own(f"{HERE}:stubborn", folder=folder))
    while True:
        pack.train({"trial": 4}, 1.0)
