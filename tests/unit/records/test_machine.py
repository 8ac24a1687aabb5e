"""Samples of the machine, from files and a program that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.records import record_stream as stream
from unit.records.paper_store import PaperStore

from rnnsearch.records.machine import Machine
from rnnsearch.records.run_store import AwayError
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.writer_state import WriterState


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def proc(folder: Path, idle: int, busy: int) -> Path:
    (folder / "stat").write_text(f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 2 3\n")
    (folder / "meminfo").write_text(
        "MemTotal: 1000000 kB\nMemFree: 1 kB\nMemAvailable: 250000 kB\n"
    )
    return folder


def smi(folder: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def values(machine: Machine) -> dict[str, float]:
    return {name.removeprefix("system/"): value for name, value, _, _ in machine.points}


def test_a_sample_is_taken_when_it_is_due_and_counts_what_was_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(tmp_path, monkeypatch, "echo '0, 87, 1000, 4000'; echo '1, 0, 0, 4000'")
    clock = Clock()
    machine = Machine(7, {}, proc=proc(tmp_path, 100, 100), clock=clock)
    machine.look()
    assert machine.points == []
    proc(tmp_path, 130, 190)
    clock.now = 10.0
    machine.look()
    machine.look()
    assert {step for *_, step in machine.points} == {8}
    assert values(machine) == {
        "cpu_utilization_percentage": 75.0,
        "system_memory_usage_megabytes": 768.0,
        "system_memory_usage_percentage": 75.0,
        "gpu_0_utilization_percentage": 87.0,
        "gpu_0_memory_usage_megabytes": 1048.6,
        "gpu_0_memory_usage_percentage": 25.0,
        "gpu_1_utilization_percentage": 0.0,
        "gpu_1_memory_usage_megabytes": 0.0,
        "gpu_1_memory_usage_percentage": 0.0,
    }


def test_what_cannot_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi(tmp_path, monkeypatch, "exit 9")
    clock = Clock()
    machine = Machine(0, {}, proc=tmp_path / "none", clock=clock)
    clock.now = 10.0
    machine.look()
    assert machine.points == []


@pytest.mark.parametrize(
    ("variables", "steps"),
    [
        ({}, 2),
        ({"MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false"}, 0),
        ({"MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "2"}, 10),
        ({"MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "soon"}, 2),
    ],
)
def test_mlflows_variables_say_whether_and_how_often(
    tmp_path: Path, variables: dict[str, str], steps: int
) -> None:
    clock = Clock()
    machine = Machine(0, variables, proc=proc(tmp_path, 1, 1), clock=clock)
    for second in range(21):
        clock.now = float(second)
        machine.look()
    assert machine.step == steps


def test_samples_wait_for_a_store_that_is_away(tmp_path: Path) -> None:
    store, state, clock = PaperStore(), WriterState(), Clock()
    machine = Machine(0, {}, proc=proc(tmp_path, 1, 1), clock=clock)
    tracker = Tracker(StudyRun(store, state, "sine"), machine)
    tracker.add(1, stream.started())
    tracker.flush()
    clock.now = 10.0
    machine.look()
    store.away = True
    with pytest.raises(AwayError):
        tracker.flush()
    store.away = False
    tracker.flush()
    curve = store.named("sine").curve("system/system_memory_usage_percentage")
    assert curve == [(1, 75.0)]
    assert (machine.points, state.samples) == ([], 1)
