"""What `rnnsearch replay` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contracts.written_study import SPACE, write_study

from rnnsearch.cli.replay import replay
from rnnsearch.errors import InputError, SpaceFileError

LINES = [
    "recorded: asha 1 22 3h20m 0.075 (trial 0)",
    "replayed: {type: asha, grace_period: 1, reduction_factor: 3} 3 4 22m14s 0.9 (trial 0)",
]


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    write_study(tmp_path)
    return tmp_path


def test_a_rule_is_told_beside_what_was_recorded(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay("wave", "{type: asha, grace_period: 1, reduction_factor: 3}", str(storage))
    out = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1:3] == LINES
    assert "it stops 3 at epoch 1" in out
    assert "the best trial, trial 0, is stopped by ASHA at epoch 1: 0.9, needed 0.8" in out
    assert "saved: 18 of 22 epochs (82%)" in out
    assert "nothing is unknown" in out


def test_what_lies_beyond_the_end_of_curves_is_said(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay("wave", "none", str(storage))
    out = capsys.readouterr().out
    assert (
        "not known: 1 of 4 trials would have been trained beyond the end of their curves, " in out
    )
    assert "for at most 6 epochs" in out
    assert "saved: 0 of 22" in out


def test_it_is_told_as_json(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replay("wave", "median", str(storage), "json")
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["study"], outcome["scheduler"], outcome["exact"]) == ("wave", "median", False)
    assert outcome["replayed"]["stopped"] == 0
    assert outcome["cut_short"] == 1


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{type: medain}", "Did you mean median?"),
        ("{type: median, grace: 3}", "grace_period"),
        ("{type: median, interval: 0}", "at least 1"),
    ],
)
def test_a_mistake_in_the_rule_is_named_by_the_option(storage: Path, rule: str, words: str) -> None:
    with pytest.raises(SpaceFileError, match="--scheduler") as error:
        replay("wave", rule, str(storage))
    assert words in str(error.value)


def test_where_trials_go_on_as_copies_nothing_can_be_replayed(tmp_path: Path) -> None:
    write_study(tmp_path)
    pbt = "{type: pbt, perturbation_interval: 1}"
    with pytest.raises(InputError, match="Replay one that stops trials, such as asha"):
        replay("wave", pbt, str(tmp_path))
    write_study(
        tmp_path, "copies", SPACE.replace("{type: asha, grace_period: 3, reduction_factor: 3}", pbt)
    )
    with pytest.raises(InputError, match="not those of separate trainings"):
        replay("copies", "none", str(tmp_path))
