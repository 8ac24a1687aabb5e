"""The report's section on the front of a study of several goals."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rnnsearch.goal import Goal
from rnnsearch.report.blocks import Grid, Table, Text
from rnnsearch.report.sections import front
from rnnsearch.search.goals.progress import FrontThen
from rnnsearch.space.load import loads

SPACE = """
task: {type: sine}
model: {cell: lstm, hidden_size: {int: [1, 8]}}
search: {metric: val_mse, GOALS}
"""


def subject_of(goals: str, board: list[dict[str, Any]]) -> Any:
    """As much of a `Subject` as the section asks for."""
    spec = loads(SPACE.replace("GOALS", goals), name="a", directory=Path())
    analysis = SimpleNamespace(front_so_far=[FrontThen(0.5, 75.0, 2, 1, 0.25)])
    return SimpleNamespace(
        spec=spec, board=board, analysis=analysis, metric_label="val_mse", goal=Goal.MINIMIZE
    )


def row(number: int, value: float, front: int | None, **goals: float) -> dict[str, Any]:
    how = {"state": "complete", "winner": number == 2, "front": front, "goals": goals}
    return {"kind": "trial", "number": number, "name": f"trial {number}", "value": value, **how}


def test_each_goal_has_a_chart_and_the_front_is_listed() -> None:
    board = [
        row(1, 0.1, 1, parameters=500.0, latency=0.5),
        row(2, 0.2, 1, parameters=50.0, latency=0.1),
        {"kind": "baseline", "name": "AR", "value": 0.25, "winner": False},
        row(3, 0.3, 2, parameters=600.0),
        row(4, 0.4, None),
    ]
    subject = subject_of("goals: [parameters, latency], choose: knee", board)
    text, grid, table, grown = front.contents(subject)
    assert isinstance(text, Text)
    assert isinstance(grid, Grid)
    assert isinstance(table, Table)
    assert "2 trials that no other one beats in every goal. The winner is the finalist" in text.text
    assert [[trace["name"] for trace in one.traces] for one in grid.charts] == [
        ["beaten in every goal by another", "the front", "the winner"],
        ["the front", "the winner"],
    ]
    assert table.rows == [
        ["trial 1", 0.1, 500.0, 0.5, "complete"],
        ["trial 2", 0.2, 50.0, 0.1, "complete"],
    ]
    assert isinstance(grown, Table)
    assert grown.rows == [["50%", "1m15s", 2, 1, "25.0%"]]


def test_a_study_of_one_goal_has_no_such_section() -> None:
    board = [{"kind": "trial", "number": 1, "name": "trial 1", "value": 0.1, "winner": True}]
    assert list(front.contents(subject_of("num_trials: 3", board))) == []
