"""Several goals in a space file: how they are written, and what does not go with them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from mistake_case import SINE

from rnnsearch.errors import SpaceFileError
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.identity import is_space_of, study_attributes
from rnnsearch.space.goals import UNKNOWN, OtherGoal, chosen_words, other_costs, other_goals
from rnnsearch.space.load import loads
from rnnsearch.space.retraining import retraining
from rnnsearch.space.spec import StudySpec

SIZES = SINE + "model: {cell: lstm, hidden_size: {logint: [8, 64]}}\n"


def loaded(search: str, space: str = SIZES) -> StudySpec:
    judged = "" if space != SIZES else "metric: val_mse, "
    return loads(f"{space}search: {{{judged}{search}}}", name="a", directory=Path())


def mistaken(search: str, key: str = "search.goals", space: str = SIZES) -> str:
    with pytest.raises(SpaceFileError) as caught:
        loaded(search, space)
    (mistake,) = caught.value.mistakes
    assert mistake.key == key
    assert mistake.line == space.count("\n") + 1
    return str(mistake)


def test_a_metric_gets_its_side_and_the_resolved_file_is_read_to_the_same() -> None:
    spec = loaded("goals: [parameters, latency, val_rollout_rmse_1, minimize val_rollout_rmse_49]")
    assert spec.search.goals == (
        "parameters",
        "latency",
        "minimize val_rollout_rmse_1",
        "minimize val_rollout_rmse_49",
    )
    assert loads(spec.yaml, name="a", directory=Path()) == spec
    assert loads(spec.yaml, name="a", directory=Path(), check_data=False) == spec
    assert other_goals(spec.search.goals)[2] == OtherGoal("val_rollout_rmse_1", Goal.MINIMIZE)


def test_less_of_a_cost_is_better_and_what_is_not_known_is_the_worst() -> None:
    goals = (OtherGoal("parameters", Goal.MINIMIZE), OtherGoal("val_r2", Goal.MAXIMIZE))
    assert other_costs(goals, {"parameters": 500}) == (500, UNKNOWN)
    assert other_costs(goals, {"parameters": math.nan, "val_r2": 0.25}) == (UNKNOWN, -0.25)


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("goals: [parametres]", "there is no 'parametres' to compare trials by; there is parame"),
        ("goals: [val_mse]", "has val_mse, which is the study's metric already"),
        ("goals: [parameters, minimize parameters]", "names parameters twice"),
        ("goals: [maximize parameters]", "parameters is better the lower, so its goal is minimize"),
        ("deterministic: true, goals: [more parameters]", "a goal is a name, such as parameters"),
        ("goals: ['']", "there is no '' to compare trials by"),
        ("goals: [maximize the parameters]", "a goal is a name, such as parameters, or"),
    ],
)
def test_what_is_no_goal_is_told_with_what_is(search: str, words: str) -> None:
    assert words in mistaken(search)


@pytest.mark.parametrize(
    ("search", "key", "words"),
    [
        ("sampler: {type: cmaes}", "search.sampler.type", "there is tpe, random, qmc, nsga2, nsga"),
        ("sampler: {type: auto}", "search.sampler.type", "auto knows of one goal alone"),
        ("scheduler: {type: median}", "search.scheduler.type", "there is asha, none."),
        ("warm_start: other", "search.warm_start", "goes by the metric alone"),
        ("finalists: {race: true}", "search.finalists.race", "goes by the metric alone"),
        ("finalists: {ensemble: 3}", "search.finalists.ensemble", "goes by the metric alone"),
        ("scheduler: {type: taper}", "search.scheduler.type", "taper knows of one goal alone"),
        ("choose: best", "search.choose", "must be metric, knee, or bounds with commas"),
        ("choose: memory_mb <= 3", "search.choose", "bounds memory_mb, which is no goal"),
    ],
)
def test_what_knows_of_one_goal_alone_is_refused(search: str, key: str, words: str) -> None:
    assert words in mistaken(f"goals: [parameters], {search}", key)


@pytest.mark.parametrize("goal", ["training_seconds", "latency"])
def test_a_study_that_comes_out_the_same_has_no_goal_by_the_clock(goal: str) -> None:
    words = mistaken(f"deterministic: true, goals: [parameters, {goal}]")
    assert f"has {goal}, which the clock measures" in words
    assert loaded("deterministic: true, goals: [parameters]").search.deterministic


def test_a_choice_without_a_front_is_refused() -> None:
    assert "there is a front where there are several goals" in mistaken(
        "choose: knee", "search.choose"
    )
    assert loaded("choose: metric").search.goals == ()


def test_a_script_has_no_known_size() -> None:
    space = "task: {type: script, function: 'os.path:join'}\n"
    with pytest.raises(SpaceFileError, match="a script's models are its own; there is no 'param"):
        loaded("goals: [parameters]", space)
    with pytest.raises(SpaceFileError) as caught:
        loaded("goals: [training_seconds]", space)
    assert "search.goals" not in [mistake.key for mistake in caught.value.mistakes]


def test_the_goals_belong_to_what_a_study_is() -> None:
    one, several = loaded(""), loaded("goals: [parameters], choose: knee")
    assert not is_space_of(dict(study_attributes(one)), several)
    assert is_space_of(dict(study_attributes(several)), several)


def test_a_single_configuration_is_trained_for_one_goal() -> None:
    spec = loaded("goals: [parameters], choose: parameters <= 5000")
    again = retraining(spec, {"model.hidden_size": 8}, "again", 2)
    assert (again.search.goals, again.search.choose) == ((), "metric")


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        ("metric", ", the finalist that is best by val_mse"),
        ("knee", ", the finalist nearest to the best in every goal"),
        ("parameters <= 5000", ", the finalist that is best by val_mse with parameters <= 5000"),
    ],
)
def test_the_choice_is_told_in_words(choose: str, words: str) -> None:
    assert chosen_words(loaded(f"goals: [parameters], choose: {choose}")) == words
    assert chosen_words(loaded("")) == ""
