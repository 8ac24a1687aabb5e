"""What the ledger proposes: first trials, seeds, asking ahead, failing samplers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from ledgers import asked, new, reopen
from small_space import small_spec, study_directory

from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.streams import derive


def test_trials_are_asked_until_the_target_is_reached(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    assert (ledger.num_trials, ledger.queued()) == (5, 5)

    trials = [asked(ledger) for _ in range(5)]

    assert [trial.number for trial in trials] == [0, 1, 2, 3, 4]
    assert ledger.ask() is None
    assert ledger.queued() == 0
    assert ledger.counts() == {"running": 5}
    first = trials[0]
    assert (first.attempts, first.epoch, first.snapshot, first.alone) == (1, 0, None, False)
    assert first.seed == derive(7, "trial", 0)
    assert first.name == f"trial-0000-{first.params['model.cell']}"
    for trial in trials:
        assert ("model.nonlinearity" in trial.params) == (trial.params["model.cell"] == "rnn")


def test_a_larger_target_asks_again_and_is_remembered(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    while ledger.ask():
        pass

    assert ledger.extend(3) == 8
    assert ledger.queued() == 3
    assert asked(ledger).number == 5
    ledger.close()

    assert reopen(tmp_path).num_trials == 8


def test_a_resumed_sampler_repeats_no_proposal(tmp_path: Path) -> None:
    sampler = "search.sampler={type: random}"
    ledger = new(tmp_path, sampler, "search.num_trials=4")
    seen = [asked(ledger).params["training.learning_rate"] for _ in range(2)]
    ledger.flush()  # killed before any trial has finished
    again = reopen(tmp_path, sampler, "search.num_trials=4")

    params = [asked(again).params["training.learning_rate"] for _ in range(4)]

    assert params[:2] == seen
    assert len(set(params)) == 4


def test_equal_seeds_propose_equally(tmp_path: Path) -> None:
    def proposals(name: str, *overrides: str) -> list[Mapping[str, Any]]:
        directory = study_directory(tmp_path, name)
        ledger = Ledger.create(directory, small_spec(*overrides))
        return [asked(ledger).params for _ in range(5)]

    assert proposals("a") == proposals("b")
    assert proposals("a2", "search.seed=8") != proposals("b2")


def test_first_trials_come_first_and_once(tmp_path: Path) -> None:
    firsts = (
        "first_trials=[{model.cell: lstm, model.hidden_size: 5, training.learning_rate: 0.01}, "
        "{model.cell: rnn, model.nonlinearity: relu, model.hidden_size: 6, "
        "training.learning_rate: 0.02}]"
    )
    ledger = new(tmp_path, firsts)
    first = asked(ledger)
    assert first.params == {
        "model.cell": "lstm",
        "model.hidden_size": 5,
        "training.learning_rate": 0.01,
    }
    ledger.flush()

    again = reopen(tmp_path, firsts)
    numbers = {trial.number: trial.params for trial in iter(again.ask, None)}

    assert list(numbers) == [0, 1, 2, 3, 4]
    assert numbers[0] == first.params
    assert numbers[1]["model.nonlinearity"] == "relu"
    assert numbers[2]["model.hidden_size"] not in (5, 6) or numbers[2] != numbers[0]


def test_asked_ahead_trials_wait_and_are_handed_out(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    ledger.prepare(3)
    numbers = [asked(ledger).number for _ in range(5)]

    assert numbers == [0, 1, 2, 3, 4]
    assert ledger.ask() is None
    ledger.settle("over")
    assert ledger.counts() == {"waiting": 5}


def test_ahead_and_not_ahead_propose_the_same(tmp_path: Path) -> None:
    spec = small_spec("search.num_trials=20")
    plain = Ledger.create(study_directory(tmp_path, "plain"), spec)
    ahead = Ledger.create(study_directory(tmp_path, "ahead"), spec)
    ahead.prepare(4)

    mine = {trial.number: trial.params for trial in iter(plain.ask, None)}
    theirs = {trial.number: trial.params for trial in iter(ahead.ask, None)}
    ahead.close()

    # Random until ten trials have finished, and none has.
    assert mine == theirs


def test_a_failing_sampler_thread_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(spec: StudySpec, trial: optuna.Trial) -> dict[str, Any]:
        raise ArithmeticError("no proposal")

    monkeypatch.setattr("rnnsearch.search.ledger.asking.suggest", broken)
    ledger = new(tmp_path)
    ledger.prepare(1)
    with pytest.raises(ArithmeticError, match="no proposal"):
        ledger.ask()
    ledger.close()
    assert "running" not in ledger.counts()


def test_closing_asking_hands_out_nothing_more(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)
    ledger.close_asking()

    assert ledger.ask() is None
    assert ledger.queued() == 0
    ledger.put_back(0, snapshot=None, crashed=False)
    assert ledger.ask() is None


def test_an_asked_ahead_trial_was_never_aboard(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    ledger.prepare(2)
    until = time.monotonic() + 60
    while ledger.counts().get("waiting", 0) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    assert ledger.counts() == {"waiting": 2}
    assert ledger.queued() == 5
    ledger.settle("over")

    again = reopen(tmp_path)
    assert [asked(again).attempts for _ in range(2)] == [1, 1]
