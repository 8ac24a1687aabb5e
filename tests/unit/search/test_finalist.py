"""Which trial and seed win, and which weights are kept for that."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_trials import TRIALS
from rig import Notebook

from rnnsearch.goal import Goal, standing
from rnnsearch.models.config import ModelConfig
from rnnsearch.search.finalist import (
    Finalist,
    choose,
    rerun_key,
    rerun_seeds,
    rerun_values,
)
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.shelf import Shelf
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.weights import Weights


def finalist(number: int, *values: float, seeds: int = 3) -> Finalist:
    names = tuple(10 * number + index for index in range(seeds))
    return Finalist(number, names, dict(zip(names, values, strict=False)))


def test_the_best_mean_wins_with_its_best_seed() -> None:
    lucky = finalist(1, 0.1, 0.9, 0.8)
    steady = finalist(2, 0.3, 0.4, 0.2)
    assert choose([lucky, steady], Goal.MINIMIZE) == (2, 22)
    assert choose([lucky, steady], Goal.MAXIMIZE) == (1, 11)


def test_more_seeds_count_before_a_better_mean() -> None:
    alone, tried = finalist(1, 0.1), finalist(2, 0.3, 0.4)
    assert choose([alone, tried], Goal.MINIMIZE) == (2, 20)


def test_a_finalist_with_a_diverged_seed_comes_last() -> None:
    wild, tame = finalist(1, 0.1, 0.1, math.inf), finalist(2, 0.9, 0.9, 0.9)
    assert choose([wild, tame], Goal.MINIMIZE) == (2, 20)
    assert choose([wild], Goal.MINIMIZE) == (1, 10)
    wild = [finalist(1, -math.inf, 0.5, 0.4), finalist(2, 0.1, 0.1, 0.1)]
    assert choose(wild, Goal.MAXIMIZE) == (2, 20)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_equal_means_are_parted_by_the_own_loss_and_then_by_the_number(order) -> None:
    losses = {1: 0.5, 2: 0.2, 3: 0.2}
    able = [finalist(number, 1.0, 0.9, 0.95) for number in order]
    assert choose(able, Goal.MAXIMIZE) == (1, 10), "nothing is known of losses: the lowest number"
    for each in able:
        each.losses = dict.fromkeys(each.seeds, losses[each.number])
    assert choose(able, Goal.MAXIMIZE) == (2, 20)


def test_means_that_sums_round_apart_are_equal() -> None:
    one, two = finalist(1, 0.2, 0.2, 0.2), finalist(2, 0.1, 0.2, 0.3)
    assert math.fsum(one.scored()) > math.fsum(two.scored())
    one.losses, two.losses = dict.fromkeys(one.seeds, 0.2), dict.fromkeys(two.seeds, 0.1)
    assert choose([one, two], Goal.MAXIMIZE) == (2, 22)


def test_of_a_winners_equal_seeds_the_lowest_own_loss_is_taken_whichever_came_first() -> None:
    for arrival in ([10, 11, 12], [12, 11, 10], [11, 12, 10]):
        one = Finalist(1, (10, 11, 12), dict.fromkeys(arrival, 1.0))
        assert choose([one], Goal.MAXIMIZE) == (1, 10)
        one.losses = {12: 0.1, 10: 0.3, 11: 0.2}
        assert choose([one], Goal.MAXIMIZE) == (1, 12)


def test_nobody_wins_where_nobody_has_a_value() -> None:
    assert choose([finalist(1), finalist(2, math.inf)], Goal.MINIMIZE) is None
    assert choose([], Goal.MINIMIZE) is None


CONFIG = TrialConfig(task=SineConfig(), model=ModelConfig(), training=TrainingConfig(), seed=1)


class Folders:
    """Saves a checkpoint as an empty folder."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, path: Path, *what: object) -> None:
        path.mkdir(parents=True)
        (path / "config.json").write_text("{}")
        self.made.append(path.name)


def shelf(folder: Path, goal: Goal = Goal.MINIMIZE, top: int = 2) -> Shelf:
    return Shelf(folder, goal, top, Notebook(), {SineConfig(): None}, save=Folders())  # type: ignore[arg-type,dict-item]


def test_the_best_values_stay_and_the_others_are_pushed_out(tmp_path: Path) -> None:
    best = shelf(tmp_path)
    assert best.offer(1, standing(Goal.MINIMIZE, 0.5))
    assert best.offer(2, standing(Goal.MINIMIZE, 0.9))
    assert best.offer(3, standing(Goal.MINIMIZE, 0.8))
    assert not best.offer(4, standing(Goal.MINIMIZE, 0.85))
    assert best.best() == [1, 3]


@given(st.permutations([(1, 0.3), (2, 0.1), (3, None), (4, 0.1), (5, 0.2)]))
def test_trials_of_one_value_are_kept_by_their_own_loss_whoever_ended_first(arrival) -> None:
    best = shelf(Path("nowhere"), Goal.MAXIMIZE, top=3)
    for number, loss in arrival:
        best.offer(number, standing(Goal.MAXIMIZE, 1.0, loss))
    assert best.best() == [2, 4, 5]


@pytest.mark.parametrize(("goal", "order"), [(Goal.MINIMIZE, [1, 2]), (Goal.MAXIMIZE, [3, 2])])
def test_the_goal_decides_which_way_is_better(tmp_path: Path, goal: Goal, order: list[int]) -> None:
    best = shelf(tmp_path, goal)
    for number, value in ((1, 0.1), (2, 0.2), (3, 0.3)):
        best.offer(number, standing(goal, value))
    assert best.best() == order


def test_what_is_pushed_out_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    best = shelf(tmp_path, top=1)
    weights = Weights({"head.bias": np.zeros(1)}, 1, {"val_mse": 0.5})
    best.offer(1, standing(Goal.MINIMIZE, 0.5))
    trial = TrialRecord(1, seed=7)
    for seed in (7, 8):
        best.put(Job("a", trial, replace(CONFIG, seed=seed), limit=9), weights)
    (tmp_path / "trial-00010").mkdir()
    assert best.has(1, None)
    assert best.has(1, 8)
    best.offer(2, standing(Goal.MINIMIZE, 0.4))
    assert [path.name for path in tmp_path.iterdir()] == ["trial-00010"]
    best.put(Job("a", trial, replace(CONFIG, seed=7), limit=9), weights)
    assert not best.has(1, None), "too late: it was pushed out"


def test_a_training_again_with_the_own_seed_is_no_second_one() -> None:
    own, copied = TRIALS[0], TRIALS[2]
    noted = {
        rerun_key(own.number, 91): 0.4,
        rerun_key(copied.number, copied.seed): 0.3,
        rerun_key(copied.number, 92): 0.5,
    }
    assert rerun_seeds(noted, TRIALS) == {own.number: {91: 0.4}, copied.number: {92: 0.5}}
    assert rerun_values(noted, TRIALS) == {own.number: [0.4], copied.number: [0.5]}
    noted = {rerun_key(copied.number, copied.seed): 0.3}
    assert rerun_seeds(noted, TRIALS) == {}, "with one seed nobody was trained again"
