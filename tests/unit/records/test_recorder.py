"""The writer as its driver starts it, and how long the end of a run waits for it."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from rnnsearch.events import PackStarted
from rnnsearch.records import recorder as module
from rnnsearch.records.recorder import RESTARTS, Recorder
from rnnsearch.records.tracking_uri import choose_store
from rnnsearch.records.writer_state import WriterState


class Silent:
    """A writer that moves nothing, and lives until it is ended."""

    pid = 77
    stdin = None
    returncode: int | None = None

    def __init__(self) -> None:
        self.looks = 0

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, seconds: float) -> None:
        if self.returncode is None:
            self.looks += 1
            raise TimeoutExpired("writer", seconds)

    def terminate(self) -> None:
        self.returncode = -15


class Clock:
    """Ten seconds pass at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 10.0
        return self.now


@pytest.mark.parametrize(("away", "fewest", "most"), [(False, 6, 9), (True, 0, 1)])
def test_what_a_store_was_away_before_the_end_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, away: bool, fewest: int, most: int
) -> None:
    store = choose_store(tmp_path, None, None, {})
    recorder = Recorder(tmp_path / "outbox", store, "e", tmp_path, tmp_path / "log")
    recorder.on_event(PackStarted(0.0, "pack", "node", 1))
    silent, clock = Silent(), Clock()
    recorder._process = silent  # type: ignore[assignment]
    problem = "MLflow does not answer" if away else "MLflow refused trial 3"
    WriterState(problem=problem, away=away, writer=silent.pid).save(tmp_path / "outbox")
    monkeypatch.setattr(module.time, "monotonic", clock)
    assert recorder.problem == problem
    clock.now += 500.0
    assert recorder.close(1000.0, patience_seconds=90.0).problem == problem
    assert fewest <= silent.looks <= most


class Slow(Silent):
    """A writer in the middle of a long batch, which the store takes row by row."""

    def __init__(self, folder: Path, beats: int) -> None:
        super().__init__()
        self.folder, self.beats = folder, beats

    def wait(self, seconds: float) -> None:
        if self.looks < self.beats:
            (self.folder / "pulse").touch()
            os.utime(self.folder / "pulse", ns=(0, self.looks + 1))
        super().wait(seconds)


def test_a_writer_whose_store_answers_is_waited_for_however_long_its_batch_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = choose_store(tmp_path, None, None, {})
    recorder = Recorder(tmp_path / "outbox", store, "e", tmp_path, tmp_path / "log")
    recorder.on_event(PackStarted(0.0, "pack", "node", 1))
    slow = Slow(tmp_path / "outbox", beats=40)
    recorder._process = slow  # type: ignore[assignment]
    monkeypatch.setattr(module.time, "monotonic", Clock())
    recorder.close(10_000.0, patience_seconds=90.0)
    assert 40 < slow.looks <= 50  # ended when it fell silent


def test_the_stores_address_is_given_where_nobody_else_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[list[str], dict[str, str]]] = []

    def popen(command: list[str], *, env: dict[str, str], **_: object) -> Silent:
        given.append((command, env))
        return Silent()

    store = choose_store(tmp_path, "http://ann:sesame5@host", None, {})
    recorder = Recorder(tmp_path / "outbox", store, "e", tmp_path, tmp_path / "log")
    monkeypatch.setattr(module.subprocess, "Popen", popen)
    recorder.start()
    ((command, environment),) = given
    assert "sesame5" not in " ".join(command)
    assert "http://ann:***@host" in command
    assert environment["MLFLOW_TRACKING_URI"] == "http://ann:sesame5@host"


def test_a_study_that_learned_nothing_is_recorded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study that ends before its first epoch is recorded: the first epoch usually starts the
    writer, and here the end of the study does.
    """
    started: list[Silent] = []

    def popen(*_: object, **__: object) -> Silent:
        started.append(Silent())
        return started[-1]

    recorder = Recorder(
        tmp_path / "outbox", choose_store(tmp_path, None), "e", tmp_path, tmp_path / "log"
    )
    recorder.on_event(PackStarted(0.0, "pack", "node", 1))
    assert started == []
    monkeypatch.setattr(module.subprocess, "Popen", popen)
    monkeypatch.setattr(module.time, "monotonic", Clock())
    assert recorder.close(30.0).pending == 1
    assert len(started) == 1


@pytest.mark.parametrize(("each_time", "started"), [(5, 21), (0, RESTARTS + 1)])
def test_a_writer_that_gets_something_done_before_it_dies_is_started_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each_time: int, started: int
) -> None:
    commands: list[list[str]] = []

    def popen(command: list[str], **_: object) -> Silent:
        commands.append(command)
        dead = Silent()
        dead.returncode = -9
        state = WriterState.load(tmp_path / "outbox")
        state.done += each_time
        state.save(tmp_path / "outbox")
        return dead

    store = choose_store(tmp_path, None, None, {})
    recorder = Recorder(tmp_path / "outbox", store, "e", tmp_path, tmp_path / "log")
    monkeypatch.setattr(module.subprocess, "Popen", popen)
    monkeypatch.setattr(module.time, "monotonic", Clock())
    recorder.start()
    for number in range(20):
        recorder.on_event(PackStarted(float(number), "pack", "node", 1))
    assert len(commands) == started
    assert ["--again" in command for command in commands] == [False] + [True] * (started - 1)
