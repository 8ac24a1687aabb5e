"""Grid and brute force: every configuration once, and no trial more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.proposals import make_sampler, suggest
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.strategies import most_trials

SPACE = """
task: {type: sine}
model:
  cell: {choice: [rnn, lstm]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  hidden_size: {int: [4, 12], step: 4}
search: {num_trials: 40, sampler: {type: grid}}
"""


def spec_of(text: str = SPACE, *overrides: str) -> StudySpec:
    return loads(text, name="listed", directory=Path(), overrides=overrides)


def proposals(spec: StudySpec, count: int, *, resumed_at: int = 0) -> list[dict[str, Any]]:
    study = optuna.create_study(sampler=make_sampler(spec, 0))
    params = []
    for number in range(count):
        if number == resumed_at:
            study.sampler = make_sampler(spec, number)
        trial = study.ask()
        params.append(suggest(spec, trial))
        if number % 2:
            study.tell(trial, 1.0)
    return params


def test_a_grid_is_walked_in_the_order_of_the_file_with_its_conditions() -> None:
    spec = spec_of()
    assert spec.search.num_trials == 9
    assert spec.notes == (
        "the study has 9 trials and not 40: the sampler grid tries each configuration once, and "
        "there are no more",
    )
    walked = proposals(spec, 9, resumed_at=4)
    assert [tuple(one.values()) for one in walked[:4]] == [
        ("rnn", "tanh", 4),
        ("rnn", "tanh", 8),
        ("rnn", "tanh", 12),
        ("rnn", "relu", 4),
    ]
    assert len({tuple(sorted(one.items())) for one in walked}) == 9
    assert proposals(spec, 10)[9] == walked[0]


def test_a_grid_that_does_not_fit_is_taken_in_the_order_of_a_seed() -> None:
    few = spec_of(SPACE, "search.num_trials=5")
    assert few.search.num_trials == 5
    assert proposals(few, 5, resumed_at=2) != proposals(spec_of(), 9)[:5]
    assert proposals(few, 5, resumed_at=2) == proposals(few, 5)


def test_brute_force_tries_all_in_an_order_of_the_seed() -> None:
    spec = spec_of(SPACE, "search.sampler.type=bruteforce")
    tried = proposals(spec, 9, resumed_at=3)
    assert len({tuple(sorted(one.items())) for one in tried}) == 9
    assert tried != proposals(spec_of(), 9)
    assert tried != proposals(spec_of(SPACE, "search.sampler.type=bruteforce", "search.seed=1"), 9)


def test_ranges_are_cut_into_points_or_refused_with_what_to_do() -> None:
    rate = "training.learning_rate={loguniform: [0.0001, 0.1]}"
    with pytest.raises(SpaceFileError, match="type: grid, points: 4"):
        spec_of(SPACE, rate)
    spec = spec_of(SPACE, rate, "search.sampler={type: grid, points: 4}", "search.num_trials=99")
    assert spec.search.num_trials == 36
    rates = {one["training.learning_rate"] for one in proposals(spec, 36)}
    assert sorted(rates) == pytest.approx([0.0001, 0.001, 0.01, 0.1])
    sizes = {one["model.hidden_size"] for one in proposals(spec, 36)}
    assert sizes == {4, 8, 12}


def test_first_trials_count_among_the_configurations() -> None:
    text = SPACE + "first_trials: [{model.cell: lstm, model.hidden_size: 8}]\n"
    spec = spec_of(text)
    assert spec.search.num_trials == 9
    study = optuna.create_study(sampler=make_sampler(spec, 0))
    study.enqueue_trial(dict(spec.first_trials[0]))
    params = [suggest(spec, study.ask()) for _ in range(9)]
    assert len({tuple(sorted(one.items())) for one in params}) == 9


def test_who_tries_each_configuration_once_is_known() -> None:
    assert most_trials(spec_of(), (), 40) == 9
    assert most_trials(spec_of(SPACE, "search.sampler.type=tpe"), (), 40) is None
    auto = "search.sampler.type=auto"
    assert most_trials(spec_of(SPACE, auto), (), 40) == 9
    rate = "training.learning_rate={loguniform: [0.0001, 0.1]}"
    assert most_trials(spec_of(SPACE, auto, rate), (), 40) is None


def test_auto_has_as_many_trials_as_a_space_that_fits() -> None:
    assert spec_of(SPACE, "search.sampler.type=auto").search.num_trials == 9
    assert spec_of(SPACE, "search.sampler.type=auto", "search.num_trials=5").search.num_trials == 5
