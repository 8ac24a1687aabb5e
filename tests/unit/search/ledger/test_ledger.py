"""The ledger on real journal files: curves, ends, crashes, the best."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from ledgers import asked, new, reopen, stock_study
from small_space import small_spec, study_directory

from rnnsearch.errors import (
    LedgerError,
)
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.notes import Notes


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


def test_complete_without_a_finite_value_is_refused(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)

    for value in (None, math.nan):
        with pytest.raises(LedgerError, match="finite"):
            ledger.finish(0, "complete", reason="", epoch=3, best_value=value)
    assert ledger.trial(0).state == "running"
    ledger.finish(0, "complete", reason="", epoch=3, best_value=0.5)
    assert ledger.trial(0).best_value == 0.5


def test_a_trial_that_diverged_before_any_report(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    asked(ledger)
    ledger.finish(0, "diverged", reason="NaN at step 1", epoch=1, best_value=math.nan)
    ledger.close()

    record = reopen(tmp_path).trial(0)
    assert (record.state, record.value, record.best_value) == ("diverged", None, None)


def test_put_back_keeps_number_params_and_curve(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    before = [asked(ledger) for _ in range(3)]
    ledger.report([(1, 1, 0.5), (1, 2, 0.4)])

    assert ledger.put_back(1, snapshot="snapshots/pack-a", crashed=False)
    ledger.put_back(0, snapshot=None, crashed=True)
    assert ledger.counts() == {"waiting": 2, "running": 1}
    assert ledger.queued() == 4
    again = [asked(ledger) for _ in range(3)]

    assert [trial.number for trial in again] == [0, 1, 3], "put back first"
    assert again[1].params == before[1].params
    assert (again[1].attempts, again[1].epoch, again[1].snapshot) == (
        2,
        2,
        "snapshots/pack-a",
    )
    assert (again[0].attempts, again[0].epoch, again[0].snapshot) == (2, 0, None)
    ledger.report([(1, 2, 0.4), (1, 3, 0.3)])
    assert ledger.trial(1).values_by_epoch == {1: 0.5, 2: 0.4, 3: 0.3}
    ledger.flush()
    assert len(stock_study(tmp_path).trials) == 4


def test_three_crashes_make_a_trial_run_alone_and_a_fourth_ends_it(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    trial = asked(ledger)
    for crashes in (1, 2, 3):
        assert not trial.alone
        assert ledger.put_back(0, snapshot=None, crashed=True)
        assert ledger.trial(0).alone == (crashes == 3)
        trial = asked(ledger)
    assert (trial.number, trial.alone, trial.attempts) == (0, True, 4)

    assert ledger.put_back(0, snapshot=None, crashed=False), "an interruption is no crash"
    assert asked(ledger).alone
    assert not ledger.put_back(0, snapshot=None, crashed=True)

    record = ledger.trial(0)
    assert (record.state, record.crashes) == ("failed", 3)
    assert record.reason == "It was aboard 4 crashes, the last time alone."


def test_notes_are_kept(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    assert ledger.notes == Notes()
    ledger.note(lambda notes: replace(notes, tie_break="val_nats"))
    ledger.close()

    assert reopen(tmp_path).notes == Notes(tie_break="val_nats", settled="closed")


def test_optuna_counts_the_best_of_completed_trials(tmp_path: Path) -> None:
    for goal, best in {Goal.MINIMIZE: 2, Goal.MAXIMIZE: 0}.items():
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
        ledger.close()
        assert stock_study(storage).best_trial.number == best
