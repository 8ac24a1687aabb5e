"""Kinds of network beside one another, where each has had as much."""

from __future__ import annotations

from dataclasses import replace

from contracts.hand_made import record

from rnnsearch.goal import Goal
from rnnsearch.search.advice.cells import at_equal_size, at_equal_time

KEY = "model.cell"


def trial(number: int, cell: str, best: float, seconds: float, size: int = 8):
    params = {KEY: cell, "model.hidden_size": size}
    made = record(number, best=best)
    return replace(made, params=params, seconds=seconds, ended=float(number))


TRIALS = [
    trial(0, "lstm", 0.5, 10.0),
    trial(1, "rnn", 0.9, 2.0),
    trial(2, "lstm", 0.1, 30.0, size=64),
    trial(3, "rnn", 0.4, 3.0),
    trial(4, "rnn", 0.7, 7.0, size=64),
]


def test_at_equal_time_a_slow_kind_has_fewer_trials() -> None:
    rows = at_equal_time(TRIALS, KEY, Goal.MINIMIZE)
    assert [(row.kind, row.trials, row.best) for row in rows] == [("lstm", 1, 0.5), ("rnn", 3, 0.4)]
    assert {row.equal for row in rows} == {"12 s of training"}


def test_the_goal_says_which_value_is_best() -> None:
    rows = at_equal_time(TRIALS, KEY, Goal.MAXIMIZE)
    assert {row.kind: row.best for row in rows} == {"lstm": 0.5, "rnn": 0.9}


def test_at_equal_size_each_band_has_its_own_rows() -> None:
    rows = at_equal_size(TRIALS, KEY, Goal.MINIMIZE, lambda params: params["model.hidden_size"])
    bands = {row.equal for row in rows}
    assert len(bands) >= 1
    by_kind = {row.kind: row.best for row in rows}
    assert set(by_kind) == {"lstm", "rnn"}


def test_of_one_kind_nothing_is_told() -> None:
    assert at_equal_time([TRIALS[0], TRIALS[2]], KEY, Goal.MINIMIZE) == []
    assert at_equal_size([TRIALS[0], TRIALS[2]], KEY, Goal.MINIMIZE, lambda params: 1) == []
    assert at_equal_time([replace(one, ended=None) for one in TRIALS], KEY, Goal.MINIMIZE) == []
