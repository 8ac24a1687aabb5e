"""Kernels are compiled ahead of need, by the cells that a study can reach."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rnnsearch.search.tune.warming import kernels_warming, reachable_kernels
from rnnsearch.search.waits import Waits
from rnnsearch.space.load import loads


def _spec(model: str, gpus: float = 0.0, more: str = ""):
    text = f"task: {{type: sine}}\nmodel: {model}\nresources: {{gpus_per_pack: {gpus}}}\n{more}"
    return loads(text, name="warm", directory=Path())


def test_the_kernels_are_those_of_the_space() -> None:
    assert reachable_kernels(_spec("{cell: gru}")) == ["gru"]
    assert reachable_kernels(_spec("{cell: {choice: [rnn, lstm]}}")) == ["rnn_tanh", "lstm"]
    relu = _spec("{cell: rnn, nonlinearity: {choice: [tanh, relu]}}")
    assert reachable_kernels(relu) == ["rnn_tanh", "rnn_relu"]
    assert reachable_kernels(_spec("{cell: minlstm}")) == []


def test_those_of_the_first_trial_are_compiled_first() -> None:
    both = "{choice: [tanh, relu], when: {model.cell: rnn}}"
    model = f"{{cell: {{choice: [gru, rnn]}}, nonlinearity: {both}}}"
    first = "first_trials: [{model.cell: rnn, model.nonlinearity: relu}]\n"
    assert reachable_kernels(_spec(model)) == ["gru", "rnn_tanh", "rnn_relu"]
    assert reachable_kernels(_spec(model, more=first)) == ["rnn_relu", "rnn_tanh", "gru"]


def test_the_child_compiles_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache))
    log = tmp_path / "kernels.log"
    said: list[str] = []
    waits = Waits()
    with kernels_warming(_spec("{cell: rnn}"), log, said.append, waits):
        assert waits.compiling() == ["rnn_tanh"]
        while not list(cache.rglob("*.nbc")):
            time.sleep(0.2)
    assert waits.compiling() == ()
    assert list(cache.rglob("*.nbc")), log.read_text()
    assert said == []


def test_a_cache_that_others_may_write_is_not_used_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, log = tmp_path / "cache", tmp_path / "kernels.log"
    cache.mkdir()
    cache.chmod(0o777)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    said: list[str] = []
    with kernels_warming(_spec("{cell: rnn}"), log, said.append, Waits()):
        while not list((tmp_path / "own").rglob("*.lock")):  # before it compiles
            time.sleep(0.1)
    assert not list(cache.iterdir())
    (line,) = said
    assert line.startswith(f"{cache} can be written by everybody: ")


def test_a_study_on_gpus_compiles_nothing(tmp_path: Path) -> None:
    log = tmp_path / "kernels.log"
    with kernels_warming(_spec("{cell: rnn}", gpus=1.0), log, print, Waits()):
        pass
    assert not log.exists()
