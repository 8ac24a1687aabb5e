"""What `rnnsearch plan` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnsearch.cli.app import main

SPACE = """
task: {type: sine}
model: {cell: rnn, hidden_size: {int: [2, 4]}}
training: {steps_per_epoch: 4, max_epochs: 9, learning_rate: {loguniform: [0.001, 0.1]}}
search: {metric: val_mse, num_trials: 6, scheduler: {type: asha, grace_period: 1}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "wave.yaml"
    place.write_text(SPACE, encoding="utf-8")
    return place


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def test_it_tells_what_a_study_takes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", file, "--seconds", 1, "--cpus", 3) == 0
    out = capsys.readouterr().out
    assert "wave: 6 trials in 2 dimensions" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["1", "6", "6", "to", "6"] in lines
    assert "packs: 3 at once, each with up to 4 trials" in out
    assert "of the configurations: compiled" in out
    assert "finalists: 6 more trainings to the last epoch" in out
    assert "device time:" in out
    assert "wall time:" in out


def test_json_has_the_numbers(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", file, "--trials", 9, "--seconds", 1, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["study"] == "wave"
    assert told["rungs"]["1"]["expected"] == 9
    assert set(told["wall_seconds"]) == {"expected", "low", "high"}


def test_a_gpu_is_not_planned_for(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", file, "--set", "resources.gpus_per_pack=1") == 2
    err = capsys.readouterr().err
    assert f"rnnsearch plan {file} --set resources.gpus_per_pack=1" in err
    assert "--set resources.gpus_per_pack=0" in err
