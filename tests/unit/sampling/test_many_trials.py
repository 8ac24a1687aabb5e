"""TPE beside many trials: fits serve for several proposals, and hold a bounded number of trials."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import optuna
import planted
import pytest

from rnnsearch.sampling import incremental
from rnnsearch.sampling.history import History
from rnnsearch.sampling.incremental import IncrementalTPE
from rnnsearch.sampling.tpe import TpeConfig
from rnnsearch.testing.samplers import SamplerContract


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds from hundreds of trials on, from eight on."""
    monkeypatch.setattr(incremental, "MANY", 8)
    monkeypatch.setattr(incremental, "SHARE_OF_RUNNING", 4)
    monkeypatch.setattr(incremental, "SHARE_OF_ALL", 16)
    monkeypatch.setattr(incremental, "MOST", 12)


@pytest.mark.usefixtures("few_are_many")
class TestTpeOfMany(SamplerContract):
    config = TpeConfig(startup_trials=2)


def tpe(seed: int) -> IncrementalTPE:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return IncrementalTPE(2, seed, candidates=4)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of the last trial at each time that a history is brought up to date."""
    numbers: list[int] = []
    update = History.update

    def counted(self: History, study: optuna.Study) -> None:
        numbers.append(len(study.trials) - 1)
        update(self, study)

    monkeypatch.setattr(History, "update", counted)
    return numbers


def study_of(running: int, sampler: Any) -> optuna.Study:
    """As many trials that run as have ended."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(1))
    for number in range(2 * running):
        one = study.ask()
        value = planted.loss(planted.drawn(one))
        one.report(value, 1)
        if number % 2:
            study.tell(one, value)
    study.sampler = sampler
    return study


def asked(study: optuna.Study, count: int) -> list[dict[str, Any]]:
    return [planted.drawn(study.ask()) for _ in range(count)]


@pytest.mark.parametrize(("running", "serves"), [(3, 1), (16, 4), (40, 10)])
def test_a_fit_serves_for_more_trials_the_more_there_are(
    few_are_many: None, looks: list[int], running: int, serves: int
) -> None:
    study = study_of(running, tpe(5))
    asked(study, 10)
    apart = {after - before for before, after in pairwise(looks)}
    assert max(apart, default=10) in (serves, serves + 1, serves + 2)
    assert min(apart, default=10) >= serves


def test_with_few_running_it_follows_the_number_of_all_trials(
    few_are_many: None, looks: list[int]
) -> None:
    study = study_of(40, tpe(5))
    for one in study.get_trials(deepcopy=False):
        if one.state == optuna.trial.TrialState.RUNNING:
            study.tell(one.number, one.intermediate_values[1])
    asked(study, 10)
    assert looks == [80, 85]


def test_beside_fewer_than_many_each_proposal_has_a_fit_of_its_own(
    few_are_many: None, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(16, tpe(5))
    monkeypatch.setattr(incremental, "MANY", 36)
    asked(study, 9)
    assert looks == [32, 33, 34, 35, 36]


def test_what_one_fit_proposes_differs_and_goes_where_the_better_ones_are(
    few_are_many: None,
) -> None:
    params = asked(study_of(60, tpe(5)), 15)
    assert len({one["rate"] for one in params}) == 15
    losses = sorted(planted.loss(one) for one in params)
    others = sorted(
        planted.loss(one) for one in asked(study_of(60, optuna.samplers.RandomSampler(2)), 15)
    )
    assert losses[7] < others[7] / 2


def kernels_of(sampler: IncrementalTPE) -> list[list[float]]:
    """The rates in each density from now on: of the better trials, of the others, by turns."""
    rates: list[list[float]] = []

    class Seen(sampler._parzen_estimator_cls):  # type: ignore[name-defined, misc]
        def __init__(self, observations: Any, *others: Any) -> None:
            if "rate" in observations:
                rates.append(observations["rate"].tolist())
            super().__init__(observations, *others)

    sampler._parzen_estimator_cls = Seen
    return rates


def test_a_density_has_all_of_the_better_trials_and_a_sample_of_the_others(
    few_are_many: None,
) -> None:
    sampler = tpe(5)
    study = study_of(60, sampler)
    rates = kernels_of(sampler)
    asked(study, 1)
    assert [len(one) for one in rates[:2]] == [12, 12]
    others = [one.params["rate"] for one in study.trials if one.params["rate"] not in rates[0]]
    places = [others.index(rate) for rate in rates[1]]
    assert places == sorted(set(places))
    assert min(places) < len(others) / 3 < 2 * len(others) / 3 < max(places)


def test_each_fit_has_another_sample_of_the_others(few_are_many: None) -> None:
    sampler = tpe(5)
    study = study_of(60, sampler)
    rates = kernels_of(sampler)
    asked(study, 40)
    first, second = rates[1], rates[3]
    assert len(set(first) & set(second)) < 8


def test_a_run_that_goes_on_proposes_what_its_ledger_says_and_nothing_else(
    few_are_many: None,
) -> None:
    """A fit that was in use when a driver was killed leaves no trace."""
    proposed = []
    for before in (0, 7):
        study = study_of(40, tpe(5))
        asked(study, before)
        twin = optuna.create_study()
        twin.add_trials(study.get_trials(deepcopy=False)[:80])
        twin.sampler = tpe(6)
        proposed.append(asked(twin, 12))
    assert proposed[0] == proposed[1]


def test_it_learns_with_many_at_once(few_are_many: None) -> None:
    assert planted.beats_random(TpeConfig(), 90, range(3), at_once=16) > 1.5
