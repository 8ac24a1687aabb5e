"""Values, tables and JSON as they are printed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.hand_made import champion, record, result

from rnnsearch.cli.result import print_result
from rnnsearch.cli.tables import print_leaderboard
from rnnsearch.cli.text import print_json, print_table
from rnnsearch.space.words import short, short_params
from rnnsearch.tasks.base import Score


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (0.123456, "0.1235"),
        (1e-7, "1e-07"),
        (12, "12"),
        ([64, 32], "[64, 32]"),
        ("gru", "gru"),
    ],
)
def test_short(value: object, text: str) -> None:
    assert short(value) == text


def test_params_lose_their_section() -> None:
    params = {"model.cell": "gru", "task.rollout.state": "zero", "training.learning_rate": 0.01}
    assert short_params(params) == "cell=gru rollout.state=zero learning_rate=0.01"


def test_table_puts_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        [{"name": "a", "value": 1.5, "note": ""}, {"name": "bb", "value": None, "note": "[x]"}]
    )
    assert capsys.readouterr().out == "name  value  note\na       1.5\nbb           [x]\n"


def test_json_has_no_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("inf"), 1.0], 3: {"b": float("nan")}})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"a": [None, 1.0], "3": {"b": None}}


def test_leaderboard_keeps_the_baselines_in_sight(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = [record(number, best=0.1 * (number + 1)) for number in range(6)]
    baselines = [Score("AR(8)", {"val_mse": 0.55})]
    print_leaderboard(result(tmp_path, trials, baselines=baselines), top=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["rank", "1", "2", "AR(8)", "..."]
    assert lines[-1] == "... and 4 more trials: --top 7"


def test_leaderboard_marks_the_winner_and_shows_the_finalists_means(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = [record(number, best=0.1 * (number + 1)) for number in range(6)]
    reruns = {0: [0.5, 0.6], 1: [0.2, float("inf")], 4: [0.1, 0.15]}
    one = replace(result(tmp_path, trials, won_by=champion(4, 0.1)), reruns=reruns)
    print_leaderboard(one, top=2)
    lines = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "rank trial val_mse mean of seeds at epoch state parameters",
        "1 trial-0000-rnn 0.1 0.4 (3 seeds) complete cell=rnn",
        "2 trial-0001-rnn 0.2 inf (3 seeds) complete cell=rnn",
        "5 * trial-0004-rnn 0.5 0.25 (3 seeds) complete cell=rnn",
        "*: the winner, by the mean over its seeds; ranks are those of single trainings",
        "... and 3 more trials: --top 6",
    ]


def test_the_rule_that_chose_the_winner_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    won = result(tmp_path, [record(0, best=0.3)], won_by=champion(0, 0.3))
    study = replace(won, reruns={0: [0.4]})
    search = study.spec.search
    by_bound = replace(search, finalists=replace(search.finalists, rule="bound"))
    for said, rule in (("the mean", search), ("the bound of the mean", by_bound)):
        print_leaderboard(replace(study, spec=replace(study.spec, search=rule)), top=1)
        assert f"*: the winner, by {said} over its seeds;" in capsys.readouterr().out


def test_leaderboard_says_how_far_an_unfinished_winner_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    won = replace(champion(1, 0.1), unfinished="epoch 2 of 50; not compared at a rung")
    trials = [record(0, "diverged", 0.3), record(1, "waiting", 0.2)]
    print_leaderboard(result(tmp_path, trials, won_by=won), top=1)
    out = capsys.readouterr().out
    assert "*  trial-0001-rnn" in out
    assert "*: the winner, unfinished: epoch 2 of 50; not compared at a rung" in out
    assert "seeds" not in out


def test_leaderboard_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_leaderboard(result(tmp_path, []), top=5)
    assert "has no trial yet" in capsys.readouterr().out


def test_a_metric_has_its_own_name_and_refused_proposals_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = replace(
        result(tmp_path, [record(0, best=0.1)], won_by=champion(0, 0.1)),
        labels={"val_mse": "val_mse of Köln"},
        refused={"parameters <= 50": 1234},
    )
    print_leaderboard(one, top=2)
    head, *_, last = capsys.readouterr().out.splitlines()
    assert "val_mse of Köln" in head
    assert last == "proposals not trained: 1,234 that break parameters <= 50"
    print_result(one)
    assert "\nval_mse of Köln" in capsys.readouterr().out
