"""Tables from records that are written down here."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from small_space import small_spec

from rnnsearch.events import TrialState
from rnnsearch.goal import Goal
from rnnsearch.search.analysis import (
    best_so_far,
    histories,
    importances,
    leaderboard,
    summary,
    trials_table,
)
from rnnsearch.search.ledger.trial_record import BEST_LOSS, TrialRecord
from rnnsearch.tasks.base import Score


def record(
    number: int, state: TrialState, best: float | None, params: dict[str, Any] | None = None
) -> TrialRecord:
    curve = {} if best is None else {1: best + 1.0, 2: best}
    return TrialRecord(
        number=number,
        name=f"trial-{number:04d}-lstm",
        state=state,
        params={"model.cell": "lstm"} if params is None else params,
        values_by_epoch=curve,
        value=best,
        best_value=best,
        best_epoch=None if best is None else 2,
        epoch=len(curve),
        reason="because",
        seed=number,
        attempts=1,
        crashes=0,
        snapshot=None,
        seconds=0.5,
        started=100.0 + number,
        ended=200.0 - number if state in ("complete", "pruned", "diverged") else None,
    )


TRIALS = [
    record(0, "complete", 0.5),
    record(1, "pruned", 0.1),
    record(2, "complete", 0.3),
    record(3, "failed", None),
    record(4, "diverged", 0.01),
    record(5, "running", None),
    record(6, "pruned", 0.7),
]
BASELINES = [
    Score("persistence", {"val_mse": 0.4}, "the last value"),
    Score("mean", {"val_mse": 0.9}),
    Score("other", {"val_nats": 0.0}),
]


def test_the_leaderboard_ranks_trials_and_places_baselines() -> None:
    rows = leaderboard(TRIALS, goal=Goal.MINIMIZE, metric="val_mse", baselines=BASELINES)

    assert [row["name"] for row in rows] == [
        "trial-0001-lstm",
        "trial-0002-lstm",
        "persistence",
        "trial-0000-lstm",
        "trial-0006-lstm",
        "mean",
        "trial-0004-lstm",
        "trial-0003-lstm",
        "trial-0005-lstm",
    ]
    assert [row["rank"] for row in rows] == [1, 2, None, 3, 4, None, 5, 6, 7]
    assert rows[0]["params"] == {"model.cell": "lstm"}
    assert (rows[0]["value"], rows[0]["best_epoch"], rows[0]["seconds"]) == (0.1, 2, 0.5)
    assert {frozenset(row) for row in rows} == {frozenset(rows[0])}, "all rows have all columns"


def test_more_is_better_where_the_goal_says_so() -> None:
    rows = leaderboard(TRIALS, goal=Goal.MAXIMIZE, metric="val_mse", baselines=BASELINES)

    assert [row["name"] for row in rows][:5] == [
        "mean",
        "trial-0006-lstm",
        "trial-0000-lstm",
        "persistence",
        "trial-0002-lstm",
    ]


def test_equal_values_are_parted_by_the_own_loss_baselines_among_them() -> None:
    losses = {0: 0.3, 1: 0.1, 2: None, 3: 0.2, 4: 0.1}
    tied = [
        replace(record(number, "complete", 1.0), attributes={BEST_LOSS: loss})
        for number, loss in losses.items()
    ]
    even = [Score("regression", {"val_accuracy": 1.0, "val_nats": 0.15})]
    for trials in (tied, tied[::-1]):
        rows = leaderboard(
            trials, goal=Goal.MAXIMIZE, metric="val_accuracy", loss="val_nats", baselines=even
        )
        assert [row["number"] for row in rows] == [1, 4, None, 3, 0, 2]
        rows = leaderboard(trials, goal=Goal.MAXIMIZE, metric="val_accuracy", baselines=even)
        assert [row["number"] for row in rows] == [1, 4, 3, 0, 2, None], "its loss is not known"


def test_a_baseline_stands_alone_before_any_trial() -> None:
    rows = leaderboard([], goal=Goal.MINIMIZE, metric="val_mse", baselines=BASELINES)

    assert [row["name"] for row in rows] == ["persistence", "mean"]


def test_the_flat_table_has_a_column_a_parameter() -> None:
    trials = [
        record(1, "complete", 0.5, {"model.cell": "rnn", "model.nonlinearity": "tanh"}),
        record(0, "pruned", None, {"model.cell": "lstm"}),
    ]
    rows = trials_table(trials)

    assert [row["number"] for row in rows] == [0, 1]
    assert [row["params.model.nonlinearity"] for row in rows] == [None, "tanh"]
    assert list(rows[0]) == list(rows[1])


def test_histories_are_rows_of_epochs() -> None:
    assert histories([record(3, "complete", 0.5)]) == [
        {"number": 3, "epoch": 1, "value": 1.5},
        {"number": 3, "epoch": 2, "value": 0.5},
    ]


def test_progress_follows_the_order_of_the_ends_and_skips_what_diverged() -> None:
    rows = best_so_far(TRIALS, Goal.MINIMIZE)

    assert [(row["number"], row["best"]) for row in rows] == [
        (6, 0.7),
        (4, 0.7),
        (2, 0.3),
        (1, 0.1),
        (0, 0.1),
    ]


def test_the_summary_counts_each_state() -> None:
    rows = {row["state"]: row for row in summary(TRIALS, Goal.MINIMIZE)}

    assert {state: row["trials"] for state, row in rows.items()} == {
        "complete": 2,
        "pruned": 2,
        "diverged": 1,
        "failed": 1,
        "running": 1,
    }
    assert rows["complete"]["best_value"] == 0.3
    assert rows["complete"]["median_value"] == pytest.approx(0.4)
    assert rows["failed"]["best_value"] is None
    assert rows["pruned"]["epochs"] == 4


def test_importances_find_the_parameter_that_matters() -> None:
    spec = small_spec()
    draw = random.Random(0)
    trials = []
    for number in range(60):
        rate = 10 ** draw.uniform(-4, -1)
        cell = draw.choice(["rnn", "lstm"])
        params: dict[str, Any] = {
            "model.cell": cell,
            "model.hidden_size": draw.randint(4, 32),
            "training.learning_rate": rate,
        }
        if cell == "rnn":
            params["model.nonlinearity"] = draw.choice(["tanh", "relu"])
        trials.append(record(number, "complete", rate, params))

    rows = importances(trials, spec)

    assert rows[0]["param"] == "training.learning_rate"
    assert sum(row["importance"] for row in rows) == pytest.approx(1.0)
    counts = {row["param"]: row["trials"] for row in rows}
    assert counts["model.hidden_size"] == 60
    assert 0 < counts["model.nonlinearity"] < 60


def test_importances_of_too_few_trials_are_not_told() -> None:
    assert importances(TRIALS, small_spec()) == []
