"""The command `compare`: what differs, who led when, and what is not compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.written_study import FALLING, SPACE, TRIALS, Written, write_study

from rnnsearch.cli.app import main
from rnnsearch.cli.compare import who_led
from rnnsearch.goal import Goal
from rnnsearch.search.comparison import Lead, leads, not_comparable
from rnnsearch.space.load import loads
from rnnsearch.tasks.fingerprint import Fingerprint


def said(capsys: pytest.CaptureFixture[str], storage: Path, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *words, "--storage", str(storage)])
    out, err = capsys.readouterr()
    return out if ended.value.code == 0 else err


def test_two_trials_of_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(tmp_path, won_by=0, finalists={"0:5": 0.125})
    out = said(capsys, tmp_path, "wave:best", "3")
    lines = [line.split() for line in out.splitlines()]
    assert ["A:", "wave:best", "B:", "wave:3"] in lines
    assert ["best", "val_mse", "0.075", "0.1125"] in lines
    assert ["training", "1.0", "s", "12000.0", "s"] in lines
    assert ["test_mse", "0.3", "±", "0.14", "(2", "seeds)"] in lines
    assert "A   0.9 ▆▃▂▂▁▁▁▁▁ 0.075\n" in out
    assert out.endswith("A is better in all 9 epochs\n")
    assert "model.num_layers" not in out  # which is equal


def test_what_is_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(tmp_path)
    facts: dict[str, Any] = json.loads(
        said(capsys, tmp_path, "wave:0", "wave:1", "--format", "json")
    )
    assert facts["a"] == {"study": "wave", "trial": 0}
    assert facts["leads"] == [{"first": 1, "last": 3, "leader": "A"}]
    assert facts["not_compared"] == []
    differing = {row["key"] for row in facts["differs"]}
    assert differing <= {"model.cell", "model.hidden_size", "training.learning_rate"}
    assert "training.learning_rate" in differing


def test_two_studies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(tmp_path, "one", won_by=0)
    wider = SPACE.replace("[4, 64]", "[4, 128]")
    slow = [replace(TRIALS[0], curve=[value * 2 for value in FALLING])]
    write_study(tmp_path, "two", wider, slow)
    out = said(capsys, tmp_path, "one", "two")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "trials 2 complete, 1 pruned, 1 diverged 1 complete" in lines
    assert "winner trial 0: 0.075" in lines
    assert 'model.hidden_size {"int": [4, 64]} {"int": [4, 128]}' in lines
    assert "best val_mse so far, by ended trials:" in lines
    assert out.endswith("A is better in all 9 epochs\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("metric: val_mse", "metric: train_loss"), "A is judged by val_mse, B by train_loss"),
        (("{type: sine}", "{type: sine, num_points: 60}"), "their tasks differ in task.num_points"),
    ],
)
def test_what_cannot_be_compared_is_said_and_nobody_leads(
    tmp_path: Path, change: tuple[str, str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path, "one")
    write_study(tmp_path, "two", SPACE.replace(*change))
    for words in (("one", "two"), ("one:0", "two:0")):
        out = said(capsys, tmp_path, *words)
        assert f"values are not compared: {reason}" in " ".join(out.split())
        assert "is better in" not in out


def test_data_of_another_content_is_not_compared() -> None:
    one = loads(SPACE, name="one", directory=Path.cwd())
    other = loads(SPACE, name="two", directory=Path.cwd())
    here, there = ({"task.csv": Fingerprint(sha, "task.csv")} for sha in ("aa", "bb"))
    moved = {"elsewhere.csv": Fingerprint("aa", "elsewhere.csv")}
    assert not_comparable((one, other), [], (here, there)) == ["the contents of their data differ"]
    assert not_comparable((one, other), [], (here, moved)) == []
    assert not_comparable((one, other), [], (None, None)) == []
    assert not_comparable((one, other), [], (here, None)) == [
        "the hash of the data is not known of both"
    ]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("wave:0", "wave"), "With its best: rnnsearch compare wave:best wave:0 --storage"),
        (("wave", "wave:0"), "With its best: rnnsearch compare wave:best wave:0 --storage"),
        (("wave:0", "wave:x"), "'x' is no number of a trial. Name two trials"),
        (("wave:0", "99"), "its trials run from 0 to 3"),
        (("wave:0", "none:1"), "No study 'none'"),
        (("bare:best", "wave:1"), "no trial of 'bare' has a value yet"),
    ],
)
def test_what_names_no_two_sides_is_refused(
    tmp_path: Path, words: tuple[str, str], remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    write_study(tmp_path, "bare", trials=[Written([], "failed", "it crashed")])
    assert remedy in said(capsys, tmp_path, *words)


def test_a_study_without_a_value_is_compared_as_far_as_it_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    write_study(tmp_path, "bare", trials=[Written([], "failed", "it crashed")])
    out = said(capsys, tmp_path, "wave", "bare")
    assert "1 failed" in out
    assert "the space is the same in all" in out
    assert "\nB " not in out


@pytest.mark.parametrize(
    ("stretches", "words"),
    [
        (
            [Lead(1, 2, "B"), Lead(3, 1200, "A")],
            "A is better in 1,198 of 1,200 epochs, B in 2: B at epochs 1-2, A at 3-1200",
        ),
        ([Lead(4, 6, None)], "both are equal in all 3 epochs"),
        ([Lead(1, 1, "B")], "B is better in the only epoch that both have"),
        ([Lead(1, 1, None)], "both are equal in the only epoch that both have"),
    ],
)
def test_who_was_better_is_said_in_a_sentence(stretches: list[Lead], words: str) -> None:
    assert who_led(stretches) == words


def test_who_led_at_each_common_epoch() -> None:
    a, b = {1: 3.0, 2: 2.0, 3: 1.0, 4: 1.0}, {2: 1.0, 3: 1.0, 4: 2.0, 5: 0.0}
    assert leads(a, b, Goal.MINIMIZE) == [Lead(2, 2, "B"), Lead(3, 3, None), Lead(4, 4, "A")]
    assert leads(a, b, Goal.MAXIMIZE)[0] == Lead(2, 2, "A")
