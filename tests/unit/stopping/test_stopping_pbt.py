"""Population based training: who goes on as a copy of whom, and with which settings."""

from __future__ import annotations

from collections import Counter

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.pbt import Pbt, PbtConfig
from rnnsearch.stopping.rule import Exploiting, Setting, seeded
from rnnsearch.stopping.table import BUILT_IN
from rnnsearch.testing.stopping_rules import StoppingContract

RATE = Setting(1e-4, 1.0, log=True)
EIGHT = {number: number / 10 for number in range(8)}


class TestPbt(StoppingContract):
    config = PbtConfig(perturbation_interval=4)
    stops = False  # whoever has others to go on as copies of them


def rule(seed: int = 0, goal: Goal = Goal.MINIMIZE, **keys: object) -> Pbt:
    made = PbtConfig(**keys).rule(20, goal)  # type: ignore[arg-type]
    seeded(made, seed)
    return made


def test_it_is_the_only_rule_by_which_trials_go_on_as_copies() -> None:
    made = {
        name: isinstance(cls().rule(20, Goal.MINIMIZE), Exploiting)
        for name, cls in BUILT_IN.items()
    }
    assert [name for name, exploits in made.items() if exploits] == ["pbt"]


@pytest.mark.parametrize("goal", list(Goal))
def test_the_worst_are_replaced_by_copies_of_the_best(goal: Goal) -> None:
    values = {number: goal.cost(value) for number, value in EIGHT.items()}
    pairs = rule(goal=goal).exploit(5, values, [])
    assert set(pairs) == {6, 7}
    assert set(pairs.values()) <= {0, 1}


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.3, 3), (0.5, 4)])
def test_the_quantile_is_rounded_up_and_is_half_of_all_at_most(share: float, count: int) -> None:
    drawn = [rule(seed, quantile_fraction=share).exploit(5, EIGHT, []) for seed in range(50)]
    assert {tuple(sorted(pairs)) for pairs in drawn} == {tuple(range(8 - count, 8))}
    assert {one for pairs in drawn for one in pairs.values()} == set(range(count))


def test_the_gone_are_replaced_first() -> None:
    six = {number: EIGHT[number] for number in range(6)}
    assert set(rule().exploit(5, six, [6])) == {6, 5}, "one is gone, and one more is the worst"
    assert set(rule().exploit(5, six, [7, 8, 9])) == {7, 8, 9}
    assert rule().exploit(5, {3: 0.1}, [0, 1, 2]) == {0: 3, 1: 3, 2: 3}
    assert rule().exploit(5, {}, [0, 1, 2]) == {}
    assert rule().exploit(5, {3: 0.1}, []) == {}, "one alone has nobody to copy"


def test_equal_values_are_parted_by_their_numbers() -> None:
    pairs = rule(quantile_fraction=0.25).exploit(5, dict.fromkeys(range(4), 1.0), [])
    assert pairs == {3: 0}


def test_what_is_drawn_depends_on_seed_epoch_and_trial_alone() -> None:
    def drawn(seed: int, epoch: int, number: int) -> tuple[object, object]:
        made = rule(seed, resample_probability=1.0)
        pairs = made.exploit(epoch, EIGHT, [])
        return pairs, made.explore(epoch, number, {"rate": 0.01}, {"rate": RATE})

    assert drawn(1, 5, 7) == drawn(1, 5, 7)
    explored = {
        str(drawn(seed, epoch, one)[1]) for seed in (1, 2) for epoch in (5, 10) for one in (6, 7)
    }
    assert len(explored) == 8


def many(now: float, setting: Setting, **keys: object) -> Counter[float]:
    made = rule(**keys)
    drawn = (made.explore(5, one, {"x": now}, {"x": setting})["x"] for one in range(300))
    return Counter(drawn)


def test_a_setting_is_multiplied_or_drawn_anew() -> None:
    assert set(many(0.01, RATE, resample_probability=0.0)) == {0.012, 0.008}
    anew = many(0.01, RATE, resample_probability=1.0)
    assert len(anew) > 290
    assert all(1e-4 <= value <= 1.0 for value in anew)
    below = sum(count for value, count in anew.items() if value < 1e-2)
    assert 100 < below < 200, "half of them, in the logarithm"
    mixed = many(0.01, RATE, resample_probability=0.25)
    assert 0.6 < (mixed[0.012] + mixed[0.008]) / 300 < 0.9


def test_factors_are_the_files() -> None:
    assert set(many(0.01, RATE, resample_probability=0.0, perturbation_factors=(2.0,))) == {0.02}


def test_a_setting_stays_within_its_range_and_changes_all_the_same() -> None:
    assert set(many(1.0, RATE, resample_probability=0.0)) == {0.8}
    assert set(many(1e-4, RATE, resample_probability=0.0)) == {0.00012}
    grid = Setting(0.0, 0.5, step=0.1)
    assert {round(one, 12) for one in many(0.5, grid, resample_probability=0.0)} == {0.4}
    still = many(0.3, grid, resample_probability=0.0, perturbation_factors=(1.01,))
    assert {round(one, 12) for one in still} <= {0.0, 0.1, 0.2, 0.3, 0.4, 0.5}
    assert len(still) > 4, "what no factor moves is drawn anew"


def test_of_a_choice_a_neighbour_is_taken() -> None:
    places = Setting(choice=(0.1, 0.2, 0.4, 0.8))
    assert set(many(0.2, places, resample_probability=0.0)) == {0.1, 0.4}
    assert set(many(0.8, places, resample_probability=0.0)) == {0.4}
    assert set(many(0.2, places, resample_probability=1.0)) >= {0.1, 0.4, 0.8}
    assert set(many(0.3, places, resample_probability=0.0)) == {0.1, 0.2, 0.4, 0.8}


def test_one_of_several_settings_may_stay() -> None:
    made = rule(resample_probability=0.0)
    now, settings = {"a": 1.0, "b": 0.01}, {"a": RATE, "b": RATE}
    drawn = [made.explore(5, one, now, settings) for one in range(100)]
    assert {one["a"] for one in drawn} == {1.0, 0.8}
    assert {one["b"] for one in drawn} == {0.012, 0.008}
