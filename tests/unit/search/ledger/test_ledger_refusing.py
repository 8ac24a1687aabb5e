"""Proposals that break a constraint: not trained, counted, and told to the sampler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ledgers import asked, new, reopen, stock_study
from optuna.trial import TrialState
from small_space import small_spec, study_directory

from rnnsearch.errors import InputError
from rnnsearch.search.ledger import refusing
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_ledger
from rnnsearch.space.constraints import Constraint
from rnnsearch.space.measures import Broken

UNITS = Constraint("units", True, 10.0)
RANDOM = ("search.sampler={type: random}",)


def of_units(params: Mapping[str, Any], seed: int) -> Sequence[Broken]:
    units = float(params["model.hidden_size"])
    return [Broken(UNITS, units)] if UNITS.violation(units) > 0 else []


def bounded(ledger: Ledger) -> Ledger:
    ledger.refuse(of_units)
    return ledger


def test_a_refused_proposal_takes_no_place_and_is_no_trial(tmp_path: Path) -> None:
    ledger = bounded(new(tmp_path, *RANDOM))
    trials = list(iter(ledger.ask, None))

    assert len(trials) == 5 == ledger.num_trials
    assert all(trial.params["model.hidden_size"] <= 10 for trial in trials)
    assert [trial.number for trial in ledger.trials()] == [trial.number for trial in trials]
    assert ledger.counts() == {"running": 5}
    refused = ledger.refused()["units <= 10"]
    assert refused == trials[-1].number + 1 - 5 > 0
    ledger.close()

    state = read_ledger(study_directory(tmp_path), small_spec(*RANDOM))
    assert state.refused == {"units <= 10": refused}
    assert len(state.trials) == 5
    again = bounded(reopen(tmp_path, *RANDOM))
    assert again.queued() == 5
    assert [asked(again).number for _ in range(5)] == [trial.number for trial in trials]
    assert again.ask() is None
    assert again.extend(1) == 6
    assert asked(again).params["model.hidden_size"] <= 10


def test_a_list_of_configurations_does_not_begin_again(tmp_path: Path) -> None:
    grid = ("search.sampler={type: grid, points: 2}", "search.num_trials=12")
    ledger = bounded(new(tmp_path, *grid))
    trials = list(iter(ledger.ask, None))
    assert {trial.params["model.hidden_size"] for trial in trials} == {4}
    assert len({str(trial.params) for trial in trials}) == len(trials) == 6
    assert ledger.refused() == {"units <= 10": 6}


def test_the_sampler_is_told_by_how_much(tmp_path: Path) -> None:
    ledger = bounded(new(tmp_path, *RANDOM))
    trained = {trial.number for trial in iter(ledger.ask, None)}
    ledger.close()

    for trial in stock_study(tmp_path).get_trials():
        units = trial.params["model.hidden_size"]
        if trial.number in trained:
            assert trial.constraints == {}
        else:
            assert trial.state == TrialState.PRUNED
            assert trial.constraints == {"units <= 10": pytest.approx((units - 10) / 10)}
            assert trial.user_attrs["reason"] == f"not trained: units {units} > 10"


def test_tpe_learns_to_keep_the_bound(tmp_path: Path) -> None:
    def refused(name: str, *overrides: str) -> int:
        spec = small_spec("search.num_trials=40", *overrides)
        ledger = bounded(Ledger.create(study_directory(tmp_path, name), spec))
        for trial in iter(ledger.ask, None):
            ledger.report([(trial.number, 1, trial.params["training.learning_rate"])])
            ledger.finish(trial.number, "complete", reason="done")
        return sum(ledger.refused().values())

    # Of 40 trials each; over five other seeds TPE had 8 to 13 of them, random 32 to 46.
    assert 0 < refused("tpe") < refused("random", *RANDOM) / 2


def test_a_driver_that_is_killed_before_it_refuses_trains_nothing_of_it(tmp_path: Path) -> None:
    ledger = new(tmp_path, *RANDOM)
    sampled = [asked(ledger) for _ in range(5)]
    large = [one.number for one in sampled if one.params["model.hidden_size"] > 10]
    assert large
    for trial in sampled:  # as a trial is that was sampled and never went aboard
        ledger._rows.any(trial.number).note(attempts=0)
    ledger.flush()

    again = bounded(reopen(tmp_path, *RANDOM))
    trials = list(iter(again.ask, None))

    assert not {trial.number for trial in trials} & set(large)
    assert len(trials) == 5


def test_proposals_ahead_of_need_are_refused_too(tmp_path: Path) -> None:
    ledger = bounded(new(tmp_path, *RANDOM))
    ledger.prepare(3)
    assert all(asked(ledger).params["model.hidden_size"] <= 10 for _ in range(5))
    assert ledger.ask() is None
    ledger.close()


def test_a_study_of_which_nothing_can_be_trained_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusing, "MOST_IN_A_ROW", 7)
    ledger = new(tmp_path, *RANDOM)
    ledger.refuse(lambda params, seed: [Broken(UNITS, 12.0)])
    with pytest.raises(InputError, match=r"7 proposals in a row .* units 12 > 10\. Raise"):
        ledger.ask()
    assert ledger.trials() == []
    ledger.close()


def test_what_is_bounded_at_the_best_epoch_outlives_a_kill(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    number = asked(ledger).number
    ledger.note_measured(number, {"val_mae": 2.5})
    ledger.flush()
    assert asked(reopen(tmp_path)).measured == {"val_mae": 2.5}
