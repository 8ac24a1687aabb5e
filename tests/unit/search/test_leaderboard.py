"""The leaderboard, and the flat table of trials."""

from __future__ import annotations

from dataclasses import replace

from made_trials import TRIALS, record

from rnnsearch.goal import Goal
from rnnsearch.search.leaderboard import leaderboard, trials_table
from rnnsearch.search.ledger.trial_record import BEST_LOSS
from rnnsearch.tasks.base import Score

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
