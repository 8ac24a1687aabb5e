"""Runs of a study with constraints, as a person sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from paper_study import PaperStudy

from rnnsearch.cli.result import print_result
from rnnsearch.cli.tables import print_leaderboard
from rnnsearch.events import RANKED, ChampionChosen, ProposalsRefused, TrialEnded, TrialStarted
from rnnsearch.search.best_over_time import best_over_time
from rnnsearch.study.result import StudyResult
from rnnsearch.training.config import TrialConfig

Studies = Callable[..., PaperStudy]

RMSE = "val_rollout_rmse_1"


def against_the_metric(config: TrialConfig, epoch: int) -> dict[str, float]:
    """The lower the rate, the better is the study's metric, and the worse is the other one."""
    rate = config.training.learning_rate
    return {"val_mse": rate + 1 / epoch, RMSE: 1 - rate, "val_rollout_rmse_5": 1.0}


def bounded_study(paper_study: Studies, bound: str) -> PaperStudy:
    study = paper_study(f"search.constraints=['{bound}']", "search.scheduler={type: none}")
    study.curve = against_the_metric
    return study


def test_what_is_too_large_is_never_aboard(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = paper_study(
        "model.hidden_size={int: [1, 12]}", "search.constraints=['parameters <= 100']"
    )
    study.run()

    started = {event.number: event.params for event in study.heard.of(TrialStarted)}
    assert len(started) == 8
    # An LSTM of h units with an input and an output has 4h(h + 3) + h + 1 weights and biases.
    assert {params["model.hidden_size"] for params in started.values()} == {1, 2, 3}

    heard = study.heard.of(ProposalsRefused)
    assert heard
    (name,) = {name for event in heard for name in event.counts}
    counts = [event.counts[name] for event in heard]
    assert name == "parameters <= 100"
    assert counts == sorted(set(counts))

    result = StudyResult.read(study.spec, study.directory)
    assert {trial.number for trial in result.trials} == set(started)
    (count,) = result.refused.values()
    assert counts[-1] <= count
    assert count == max(started) + 1 - 8
    assert result.summary()["not_trained"] == {"parameters <= 100": count}
    print_result(result)
    assert (
        f"proposals not trained: {count} that break parameters <= 100\n" in capsys.readouterr()[0]
    )


def test_the_champion_keeps_the_bound_of_a_metric(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = bounded_study(paper_study, f"{RMSE} <= 0.75")
    study.run()

    assert study.ledger is not None
    rates = {one.number: one.params["training.learning_rate"] for one in study.ledger.trials()}
    keeping = {number: rate for number, rate in rates.items() if 1 - rate <= 0.75}
    assert 2 <= len(keeping) < 8  # so that there is something to choose, and to leave
    (champion,) = study.heard.of(ChampionChosen)
    assert champion.number == min(keeping, key=lambda number: keeping[number])

    heard = {event.number: event.violations for event in study.heard.of(TrialEnded)}
    assert heard == {one.number: one.violations for one in study.ledger.trials()}
    for trial in study.ledger.trials():
        beyond = (1 - rates[trial.number] - 0.75) / 0.75
        told = study.ledger._study.trials[trial.number].constraints
        if trial.number in keeping:
            assert trial.violations == told == {}
        else:
            assert trial.violations == told == {f"{RMSE} <= 0.75": pytest.approx(beyond)}
    # Both finalists keep it: one that breaks it is not trained with other seeds.
    assert {int(key.split(":")[0]) for key in study.ledger.notes.finalists} <= set(keeping)

    result = StudyResult.read(study.spec, study.directory)
    ranked = [row["number"] for row in result.leaderboard() if row["kind"] == "trial"]
    by_place = sorted(keeping, key=lambda number: rates[number])
    assert ranked == [*by_place, *sorted(set(rates) - set(keeping), key=lambda one: -rates[one])]
    assert best_over_time(result.trials, study.spec.search.goal)[-1].best_number == by_place[0]
    print_leaderboard(result, 10)
    board = capsys.readouterr().out
    assert board.count(f"complete, breaks {RMSE} <= 0.75") == 8 - len(keeping)
    print_result(result)
    assert "breaks a constraint" not in capsys.readouterr().out


def test_where_no_trial_keeps_a_bound_the_nearest_is_the_champion_and_says_so(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = bounded_study(paper_study, f"{RMSE} <= 0.1")
    study.run()

    assert study.ledger is not None
    rates = {one.number: one.params["training.learning_rate"] for one in study.ledger.trials()}
    (champion,) = study.heard.of(ChampionChosen)
    assert champion.number == max(rates, key=lambda number: rates[number])
    print_result(StudyResult.read(study.spec, study.directory))
    value = f"{1 - rates[champion.number]:.4g}"
    warning = f"warning: the winner breaks a constraint: {RMSE} {value} > 0.1; no trial keeps all"
    assert warning in capsys.readouterr().out


def test_time_is_bounded_by_the_pace_of_a_training(paper_study: Studies) -> None:
    study = paper_study("search.constraints=['training_seconds <= 0.08']")
    study.run()

    assert study.ledger is not None
    ended = [one for one in study.ledger.trials() if one.state in RANKED]
    assert any(one.epoch < 9 for one in ended)  # stopped; nine epochs of 0.01 s each
    for trial in ended:
        assert trial.violations == {"training_seconds <= 0.08": pytest.approx(0.125)}
