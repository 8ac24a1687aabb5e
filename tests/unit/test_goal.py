"""The one rule of which result is better."""

from __future__ import annotations

import json
import math
import pickle

import pytest

from rnnsearch.goal import Goal, Judge, improved, standing
from rnnsearch.tasks.base import Metric, loss_metric


@pytest.mark.parametrize(
    ("goal", "better", "worse"), [(Goal.MINIMIZE, 1, 2), (Goal.MAXIMIZE, 2, 1)]
)
def test_the_metric_comes_first_and_the_loss_parts_what_is_equal(
    goal: Goal, better: float, worse: float
) -> None:
    assert standing(goal, better, 9.0) < standing(goal, worse, 0.1)
    assert standing(goal, better, 0.1) < standing(goal, better, 0.2)
    assert not standing(goal, better, 0.1) < standing(goal, better, 0.1)


@pytest.mark.parametrize("goal", [Goal.MINIMIZE, Goal.MAXIMIZE])
@pytest.mark.parametrize("bad", [None, math.nan, math.inf, -math.inf])
def test_what_is_missing_or_not_finite_is_the_worst(goal: Goal, bad: float | None) -> None:
    assert standing(goal, 1e300, bad) < standing(goal, bad, 0.0)
    assert standing(goal, 1.0, 1e300) < standing(goal, 1.0, bad)
    assert standing(goal, bad) == standing(goal, None)


def test_a_judge_reads_its_two_metrics() -> None:
    judge = Judge("val_accuracy", Goal.MAXIMIZE, "val_nats")
    sure = {"val_accuracy": 1.0, "val_nats": 0.01, "train_loss": 9.0}
    unsure = {"val_accuracy": 1.0, "val_nats": 0.3, "train_loss": 0.0}
    assert judge.of(sure) < judge.of(unsure) < judge.of({"val_nats": 0.0})
    assert judge.of({"val_accuracy": 1.0}) == standing(Goal.MAXIMIZE, 1.0)


def test_a_tasks_own_loss_is_the_marked_one_else_the_first_to_minimize() -> None:
    share = Metric("val_accuracy", "", "maximize", "")
    other, nats = Metric("val_mae", "", "minimize", ""), Metric("val_nats", "", "minimize", "")
    marked = Metric("val_nats", "", "minimize", "", loss=True)
    assert loss_metric([share, other, marked]) == "val_nats"
    assert loss_metric([share, other, nats]) == "val_mae"
    assert loss_metric([share]) == ""


def test_a_goal_is_its_text_wherever_it_is_written_or_compared() -> None:
    goal = Goal("maximize")
    assert goal is Goal.MAXIMIZE
    assert goal == "maximize"
    assert (f"{goal}", repr((goal,)), json.dumps([goal])) == (
        "maximize",
        "('maximize',)",
        '["maximize"]',
    )
    assert pickle.loads(pickle.dumps(goal)) is goal


@pytest.mark.parametrize(
    ("goal", "best", "worst"), [(Goal.MINIMIZE, 1.0, math.inf), (Goal.MAXIMIZE, 3.0, -math.inf)]
)
def test_a_goal_knows_the_better_the_best_and_the_worst(
    goal: Goal, best: float, worst: float
) -> None:
    values = [2.0, 1.0, 3.0]
    assert goal.best(values) == best
    assert goal.better(best, 2.0)
    assert not goal.better(2.0, best)
    assert not goal.better(2.0, 2.0)
    assert all(goal.better(value, goal.worst) for value in values)
    assert goal.worst == worst


def test_the_best_so_far_is_changed_by_better_finite_values_alone() -> None:
    course: list[float | None] = []
    best: float | None = None
    for value in (None, math.nan, 3.0, math.inf, 4.0, math.nan, 2.0):
        best = improved(Goal.MINIMIZE, best, value)
        course.append(best)
    assert course == [None, None, 3.0, 3.0, 3.0, 3.0, 2.0]
    assert improved(Goal.MAXIMIZE, 2.0, 3.0) == 3.0
