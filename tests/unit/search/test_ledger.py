"""The ledger on real journal files: trials, curves, crashes, ends, reopening."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from small_space import small_spec, study_directory

from rnnsearch.errors import (
    LedgerError,
    StorageError,
    StudyExistsError,
    StudyNotFoundError,
)
from rnnsearch.search.asha import Rungs
from rnnsearch.search.ledger import Ledger, read_trials
from rnnsearch.search.trial_record import QueuedTrial
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.base import Goal
from rnnsearch.tasks.streams import derive


def new(tmp_path: Path, *overrides: str) -> Ledger:
    return Ledger.create(study_directory(tmp_path), small_spec(*overrides))


def reopen(tmp_path: Path, *overrides: str) -> Ledger:
    return Ledger.open(study_directory(tmp_path), small_spec(*overrides))


def asked(ledger: Ledger) -> QueuedTrial:
    trial = ledger.ask()
    assert trial is not None
    return trial


def stock_study(tmp_path: Path) -> optuna.Study:
    """The file as Optuna's own backend reads it."""
    path = str(study_directory(tmp_path).ledger)
    return optuna.load_study(study_name="small", storage=JournalStorage(JournalFileBackend(path)))


def test_trials_are_asked_until_the_target_is_reached(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    assert (ledger.num_trials, ledger.queued()) == (5, 5)

    trials = [asked(ledger) for _ in range(5)]

    assert [trial.number for trial in trials] == [0, 1, 2, 3, 4]
    assert ledger.ask() is None
    assert ledger.queued() == 0
    assert ledger.counts() == {"running": 5}
    first = trials[0]
    assert (first.attempt, first.first_epoch, first.snapshot, first.alone) == (1, 0, None, False)
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


def test_a_curve_goes_in_once(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)
    ledger.report([(0, 1, 0.5), (0, 2, 0.25)])
    ledger.report([(0, 2, 9.0), (0, 3, 0.75)])

    record = ledger.trial(0)
    assert record.values_by_epoch == {1: 0.5, 2: 0.25, 3: 0.75}
    assert (record.value, record.best_value, record.best_epoch, record.epoch) == (0.75, 0.25, 2, 3)
    ledger.flush()
    assert stock_study(tmp_path).trials[0].intermediate_values == {1: 0.5, 2: 0.25, 3: 0.75}


@pytest.mark.parametrize(
    "row", [(0, 1, math.nan), (0, 1, math.inf), (0, 0, 0.5), (1, 1, 0.5), (-1, 1, 0.5)]
)
def test_an_impossible_report_enters_nothing(tmp_path: Path, row: tuple[int, int, float]) -> None:
    ledger = new(tmp_path)
    asked(ledger)

    with pytest.raises(LedgerError):
        ledger.report([(0, 1, 0.5), row])
    assert ledger.trial(0).values_by_epoch == {}


def test_a_finished_trial_takes_nothing_more(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)
    ledger.report([(0, 1, 0.5)])
    ledger.finish(0, "pruned", reason="rung 1", epoch=1)

    with pytest.raises(LedgerError, match="is pruned, not running"):
        ledger.report([(0, 2, 0.5)])
    with pytest.raises(LedgerError, match="is pruned"):
        ledger.finish(0, "complete", reason="", epoch=2, best_value=0.1)
    with pytest.raises(LedgerError, match="is pruned"):
        ledger.put_back(0, snapshot=None, crashed=True)


def test_each_end_is_told_to_optuna_in_its_own_way(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    for number in range(4):
        asked(ledger)
        ledger.report([(number, 1, 0.5 + number), (number, 2, 0.25 + number)])
    ledger.report([(0, 3, 0.3)])
    ledger.finish(
        0,
        "complete",
        reason="reached epoch 3",
        value=0.3,
        epoch=3,
        best_value=0.25,
        best_epoch=2,
        seconds=1.5,
        attributes={"training_steps": 30},
    )
    ledger.finish(1, "pruned", reason="stopped at a rung", epoch=2, seconds=1.0)
    ledger.finish(2, "diverged", reason="the loss is NaN at step 21", epoch=3)
    ledger.finish(3, "failed", reason="the pack refused it")
    ledger.flush()

    told = stock_study(tmp_path).trials
    assert [trial.state.name for trial in told] == ["COMPLETE", "PRUNED", "PRUNED", "FAIL"]
    assert told[0].value == 0.25, "the weights of the best epoch are what is kept"
    assert told[1].value == 1.25
    assert told[2].value == 3.5, "the worst value that the study has seen"
    assert [trial.user_attrs.get("diverged", False) for trial in told] == [
        False,
        False,
        True,
        False,
    ]
    assert told[0].user_attrs["attributes"] == {"training_steps": 30}

    expected = {
        0: ("complete", 0.3, 0.25, 2, 3, "reached epoch 3"),
        1: ("pruned", 1.25, 1.25, 2, 2, "stopped at a rung"),
        2: ("diverged", 2.25, 2.25, 2, 3, "the loss is NaN at step 21"),
        3: ("failed", 3.25, 3.25, 2, 2, "the pack refused it"),
    }
    for record in (*ledger.trials(), *reopen(tmp_path).trials()):
        assert expected[record.number] == (
            record.state,
            record.value,
            record.best_value,
            record.best_epoch,
            record.epoch,
            record.reason,
        )
    assert ledger.trial(2).values_by_epoch == {1: 2.5, 2: 2.25}, "the penalty is not on its curve"


def test_reopened_records_are_the_live_ones(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    for number in range(3):
        asked(ledger)
        ledger.report([(number, 1, 0.5)])
    ledger.finish(0, "complete", reason="done", epoch=1, seconds=2.0, attributes={"a": [1, "b"]})
    ledger.finish(1, "diverged", reason="NaN", epoch=2)
    ledger.put_back(2, snapshot="snapshots/pack-1", crashed=True)
    live = ledger.trials()
    ledger.close()

    again = reopen(tmp_path).trials()

    for ours, theirs in zip(live, again, strict=True):
        for name in ("started", "ended"):
            a, b = getattr(ours, name), getattr(theirs, name)
            assert (a is None) == (b is None)
            if a is not None:
                assert a == pytest.approx(b, abs=5.0)
    plain = [_without_times(record) for record in live]
    assert plain == [_without_times(record) for record in again]


def _without_times(record: Any) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return {name: fields[name] for name in fields if name not in ("started", "ended")}


def test_complete_without_a_finite_value_is_refused(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)

    for value in (None, math.nan):
        with pytest.raises(LedgerError, match="finite"):
            ledger.finish(0, "complete", reason="", value=value, epoch=3, best_value=value)
    assert ledger.trial(0).state == "running"
    ledger.finish(0, "complete", reason="", value=0.5, epoch=3)
    assert ledger.trial(0).best_value == 0.5


def test_a_trial_that_diverged_before_any_report(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)
    ledger.finish(0, "diverged", reason="NaN at step 1", value=math.nan, epoch=1)
    ledger.close()

    record = reopen(tmp_path).trial(0)
    assert (record.state, record.value, record.best_value) == ("diverged", None, None)


def test_put_back_keeps_number_params_and_curve(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    before = [asked(ledger) for _ in range(3)]
    ledger.report([(1, 1, 0.5), (1, 2, 0.4)])

    preview = ledger.put_back(1, snapshot="snapshots/pack-a", crashed=False)
    ledger.put_back(0, snapshot=None, crashed=True)
    assert ledger.counts() == {"waiting": 2, "running": 1}
    assert ledger.queued() == 4
    again = [asked(ledger) for _ in range(3)]

    assert [trial.number for trial in again] == [0, 1, 3], "put back first"
    assert again[1] == preview
    assert again[1].params == before[1].params
    assert (again[1].attempt, again[1].first_epoch, again[1].snapshot) == (
        2,
        2,
        "snapshots/pack-a",
    )
    assert (again[0].attempt, again[0].first_epoch, again[0].snapshot) == (2, 0, None)
    ledger.report([(1, 2, 0.4), (1, 3, 0.3)])
    assert ledger.trial(1).values_by_epoch == {1: 0.5, 2: 0.4, 3: 0.3}
    ledger.flush()
    assert len(stock_study(tmp_path).trials) == 4


def test_three_crashes_make_a_trial_run_alone_and_a_fourth_ends_it(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    trial = asked(ledger)
    for crashes in (1, 2, 3):
        assert not trial.alone
        queued = ledger.put_back(0, snapshot=None, crashed=True)
        assert queued is not None
        assert queued.alone == (crashes == 3)
        trial = asked(ledger)
    assert (trial.number, trial.alone, trial.attempt) == (0, True, 4)

    interrupted = ledger.put_back(0, snapshot=None, crashed=False)
    assert interrupted is not None, "an interruption is no crash"
    assert asked(ledger).alone
    assert ledger.put_back(0, snapshot=None, crashed=True) is None

    record = ledger.trial(0)
    assert (record.state, record.crashes) == ("failed", 3)
    assert record.reason == "It was aboard 4 crashes, the last time alone."


def test_a_killed_driver_loses_no_trial_and_doubles_none(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    trials = [asked(ledger) for _ in range(3)]
    ledger.report([(0, 1, 0.5), (1, 1, 0.6)])
    ledger.finish(0, "pruned", reason="rung", epoch=1)
    ledger.note_snapshots({1: "snapshots/pack-a"})
    ledger.flush()
    ledger.report([(1, 2, 0.4)])  # never flushed, so it never was

    again = reopen(tmp_path)

    assert again.counts() == {"pruned": 1, "waiting": 2}
    first, second, third = (asked(again) for _ in range(3))
    assert (first.number, first.attempt, first.first_epoch, first.snapshot) == (
        1,
        2,
        1,
        "snapshots/pack-a",
    )
    assert (second.number, second.params) == (2, trials[2].params)
    assert third.number == 3
    assert asked(again).number == 4
    assert again.ask() is None


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


def test_a_failing_sampler_thread_is_heard(tmp_path: Path) -> None:
    def broken(spec: StudySpec, trial: optuna.Trial) -> dict[str, Any]:
        raise ArithmeticError("no proposal")

    ledger = Ledger.create(study_directory(tmp_path), small_spec(), suggest=broken)
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


def test_after_settling_nothing_runs_and_a_resume_goes_on(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    ledger.prepare(2)
    trial = asked(ledger)
    ledger.report([(trial.number, 1, 0.5)])
    ledger.settle("the budget ran out")

    told = stock_study(tmp_path)
    assert {one.state.name for one in told.trials} == {"WAITING"}
    assert told.user_attrs["note.settled"] == "the budget ran out"
    again = reopen(tmp_path)
    resumed = asked(again)
    assert (resumed.number, resumed.params, resumed.first_epoch) == (0, trial.params, 1)
    assert resumed.attempt == 2


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
    assert [asked(again).attempt for _ in range(2)] == [1, 1]


def test_notes_are_kept(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    assert ledger.note("champion") is None
    ledger.set_note("champion", {"number": 3, "seeds": [1, 2]})
    ledger.close()

    assert reopen(tmp_path).note("champion") == {"number": 3, "seeds": [1, 2]}


def test_the_best_are_ended_ones_by_their_best_value(tmp_path: Path) -> None:
    goals: dict[Goal, list[int]] = {"minimize": [1, 2, 0], "maximize": [0, 2, 1]}
    for goal, order in goals.items():
        storage = tmp_path / goal
        spec = small_spec()
        spec = replace(spec, search=replace(spec.search, goal=goal))
        ledger = Ledger.create(study_directory(storage), spec)
        for number, value in enumerate([0.5, 0.1, 0.4, 0.05]):
            asked(ledger)
            ledger.report([(number, 1, value)])
        ledger.finish(0, "complete", reason="", epoch=1)
        ledger.finish(1, "pruned", reason="", epoch=1)
        ledger.finish(2, "complete", reason="", epoch=1)
        ledger.finish(3, "diverged", reason="", epoch=1)

        assert [record.number for record in ledger.best(9)] == order
        assert [record.number for record in ledger.best(1)] == order[:1]
        ledger.close()
        # Optuna counts completed trials alone.
        completed = [number for number in order if number != 1]
        assert stock_study(storage).best_trial.number == completed[0]


def test_rungs_rebuilt_from_the_ledger_are_the_live_ones(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    spec = small_spec()
    live = Rungs.of(spec)
    for number, curve in enumerate([[0.5, 0.4, 0.3], [0.6], [0.3, 0.2, 0.1, 0.05]]):
        asked(ledger)
        for epoch, value in enumerate(curve, start=1):
            ledger.report([(number, epoch, value)])
            live.record(number, epoch, value)
    ledger.finish(1, "diverged", reason="NaN", epoch=2)
    ledger.close()

    rebuilt = Rungs.of(spec)
    rebuilt.rebuild(reopen(tmp_path).curves())

    assert rebuilt.populations() == live.populations() == {1: 3, 3: 2, 9: 0}
    for value in (0.05, 0.2, 0.35):
        for table in (live, rebuilt):
            table.record(100, 1, value)
        assert live.decide(100) == rebuilt.decide(100)


def test_a_name_is_never_merged(tmp_path: Path) -> None:
    new(tmp_path).close()

    with pytest.raises(StudyExistsError, match="rnnsearch resume small"):
        new(tmp_path)


def test_another_space_is_refused_and_another_budget_is_not(tmp_path: Path) -> None:
    new(tmp_path).close()

    reopen(tmp_path, "search.num_trials=50").close()
    for changed in ("search.seed=8", "training.max_epochs=8", "model.hidden_size={int: [1, 2]}"):
        with pytest.raises(StudyExistsError, match="another search space"):
            reopen(tmp_path, changed)


def test_a_driver_killed_before_its_first_flush_left_a_study_to_begin(tmp_path: Path) -> None:
    study_directory(tmp_path).ledger.write_bytes(b"")

    ledger = reopen(tmp_path)

    assert ledger.num_trials == 5
    assert asked(ledger).number == 0


def test_reading_leaves_a_live_ledger_alone(tmp_path: Path) -> None:
    directory, spec = study_directory(tmp_path), small_spec()
    with pytest.raises(StudyNotFoundError, match="no ledger"):
        read_trials(directory, spec)
    ledger = new(tmp_path)
    asked(ledger)
    ledger.report([(0, 1, 0.5)])
    ledger.set_note("baselines", [1])
    ledger.flush()
    before = directory.ledger.read_bytes()

    records, notes = read_trials(directory, spec)

    assert [record.state for record in records] == ["running"]
    assert records[0].values_by_epoch == {1: 0.5}
    assert notes == {"baselines": [1]}
    assert directory.ledger.read_bytes() == before
    ledger.report([(0, 2, 0.4)])
    ledger.finish(0, "pruned", reason="", epoch=2)
    ledger.close()


def test_a_database_does_as_well(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledgers.db'}"
    directory, spec = study_directory(tmp_path), small_spec()
    ledger = Ledger.create(directory, spec, url)
    trials = [asked(ledger) for _ in range(3)]
    ledger.report([(0, 1, 0.5), (1, 1, 0.6), (2, 1, 0.7)])
    ledger.finish(0, "complete", reason="done", epoch=1, attributes={"a": 1})
    ledger.finish(1, "diverged", reason="NaN", epoch=2)
    ledger.put_back(2, snapshot="s", crashed=True)
    assert asked(ledger).number == 2
    ledger.set_note("k", [1])

    assert not directory.ledger.exists()
    with pytest.raises(StudyExistsError):
        Ledger.create(directory, spec, url)
    again = Ledger.open(directory, spec, url)
    assert again.counts() == {"complete": 1, "diverged": 1, "waiting": 1}
    resumed = asked(again)
    assert (resumed.number, resumed.params) == (2, trials[2].params)
    assert (resumed.attempt, resumed.snapshot, resumed.first_epoch) == (3, "s", 1)
    assert read_trials(directory, spec, url)[1] == {"k": [1]}
    with pytest.raises(StudyNotFoundError):
        Ledger.open(study_directory(tmp_path, "other"), spec, url)


def test_a_database_that_cannot_be_opened_hides_its_password(tmp_path: Path) -> None:
    directory, spec = study_directory(tmp_path), small_spec()
    url = f"sqlite:///{tmp_path / 'missing' / 'x.db'}"
    with pytest.raises(StorageError, match="missing"):
        Ledger.create(directory, spec, url)
    with pytest.raises(StorageError) as caught:
        Ledger.create(directory, spec, "nosuch://ann:secret@host/db")
    assert "secret" not in str(caught.value)
    assert "host" in str(caught.value)
