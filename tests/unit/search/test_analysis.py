"""What is told of a search, and what is said where it cannot be told."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from made_trials import TRIALS, record
from small_space import small_spec

from rnnsearch.search.analysis import analyse
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.stopping.extrapolate import ExtrapolateConfig


def drawn(count: int, *, tied: bool = False) -> list[TrialRecord]:
    """Completed trials whose value is their learning rate; with `tied` their size rises with it."""
    draw = random.Random(0)
    trials = []
    for number in range(count):
        rate = 10 ** draw.uniform(-4, -1)
        cell = draw.choice(["rnn", "lstm"])
        params: dict[str, Any] = {
            "model.cell": cell,
            "model.hidden_size": round(300 * rate) + 4 if tied else draw.randint(4, 32),
            "training.learning_rate": rate,
        }
        if cell == "rnn":
            params["model.nonlinearity"] = draw.choice(["tanh", "relu"])
        trials.append(record(number, "complete", rate, params))
    return trials


def test_each_state_is_counted_with_what_it_took() -> None:
    found = analyse(TRIALS, small_spec())
    rows = {row["state"]: row for row in found.states}

    assert {state: row["trials"] for state, row in rows.items()} == {
        "complete": 2,
        "pruned": 2,
        "diverged": 1,
        "failed": 1,
        "running": 1,
    }
    assert rows["complete"]["best"] == 0.3
    assert rows["complete"]["median"] == pytest.approx(0.4)
    assert rows["failed"]["best"] is None
    assert rows["pruned"]["epochs"] == 4
    assert (found.epochs, found.full_epochs) == (10, 45)
    assert (found.seconds, found.started, found.wall_seconds) == (3.5, 100.0, 100.0)


def test_stops_are_told_by_what_stopped_and_where() -> None:
    words = "stopped by ASHA at epoch 2: 0.031, needed 0.019 or better among 27"
    budget = "the time budget ran out"
    reasons = [words, words.replace("27", "28"), budget, "reached epoch 2, the last"]
    states = ["pruned"] * 3 + ["complete"]
    trials = [
        replace(record(number, state, 0.5), reason=reason)
        for number, (state, reason) in enumerate(zip(states, reasons, strict=True))
    ]
    assert analyse(trials, small_spec()).stops == [
        {"how": "stopped by ASHA", "epoch": 2, "trials": 2},
        {"how": "the time budget ran out", "epoch": 2, "trials": 1},
    ]


def test_parameters_that_were_drawn_again_are_told_with_the_first_that_had_them() -> None:
    twice = {"model.cell": "rnn", "model.hidden_size": 5}
    one, other = {**twice, "model.hidden_size": 6}, dict(reversed(twice.items()))
    trials = [record(n, "complete", 0.5, params) for n, params in enumerate([twice, one, other])]
    assert analyse(trials, small_spec()).repeats == [{"number": 2, "as": 0}]


def test_importances_find_the_parameter_that_matters() -> None:
    found = analyse(drawn(60), small_spec())

    rows = found.importances
    assert rows[0]["param"] == "training.learning_rate"
    assert sum(row["importance"] for row in rows) == pytest.approx(1.0)
    counts = {row["param"]: row["trials"] for row in rows}
    assert counts["model.hidden_size"] == 60
    assert 0 < counts["model.nonlinearity"] < 60
    assert all(row["low"] <= row["importance"] <= row["high"] for row in rows)
    assert rows[0]["low"] > 0
    assert len(found.warnings) == 1
    assert "PED-ANOVA" in found.warnings[0]
    assert found.untold == []


def test_importances_come_with_what_weakens_them() -> None:
    params = drawn(1)[0].params
    stopped = [record(30, "pruned", 0.5, params), record(31, "diverged", None, params)]
    found = analyse([*drawn(30, tied=True), *stopped], small_spec())
    counted, worst, few, together = found.warnings[1:]
    assert counted.startswith("1 of these trials were stopped: each counts by its place")
    assert worst == "1 of these trials diverged, and count as the worst"
    assert few.startswith("32 trials are few for 4 parameters")
    assert together.startswith("model.hidden_size and training.learning_rate went together")


@pytest.mark.parametrize(
    ("trials", "fixed", "why"),
    [
        ([], False, "how the search went: no trial has ended"),
        (TRIALS, False, "5 ended trials are too few; it takes 10"),
        (TRIALS, True, "nothing was sampled"),
        ([record(n, "complete", 0.5) for n in range(12)], False, "are equally good"),
        ([replace(TRIALS[0], seconds=None)], False, "the training time of 1 ended trials"),
    ],
)
def test_what_cannot_be_told_is_said(trials: list[TrialRecord], fixed: bool, why: str) -> None:
    spec = small_spec()
    found = analyse(trials, replace(spec, parameters={}) if fixed else spec)
    assert any(why in text for text in found.untold)
    assert (found.importances, found.warnings) == ([], [])


def test_a_rule_that_predicts_tells_how_its_predictions_came_true() -> None:
    spec = small_spec()
    search = replace(spec.search, scheduler=ExtrapolateConfig(grace_period=4, interval=1))
    spec = replace(spec, search=search, values={**spec.values, "training.max_epochs": 9})
    curve = {epoch: 0.5 + 1 / epoch for epoch in range(1, 10)}
    trials = [replace(record(number, "complete", 0.6), values_by_epoch=curve) for number in (0, 1)]
    (line,) = analyse(trials, spec).stopping
    assert line.startswith("extrapolation: 2 complete trials ended within the predicted 80%")
    assert line.endswith("of 10 predictions")
    assert analyse(trials, small_spec()).stopping == []
