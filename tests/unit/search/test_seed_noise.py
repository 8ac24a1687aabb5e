"""How much of finalists' spread is luck, and who leaves the race, on numbers checked by hand."""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest

from rnnsearch.goal import Goal
from rnnsearch.search.finalist import Finalist, choose
from rnnsearch.search.seed_noise import half_width, out_of_the_race, pooled_variance, seed_noise


def test_the_share_of_seed_noise_is_that_of_its_variance() -> None:
    """Within: 0.02 each. Means 0, 1, 2: variance 1, of which 0.01 is noise of the means."""
    noise = seed_noise([[-0.1, 0.1], [0.9, 1.1], [1.9, 2.1]])
    assert noise is not None
    assert noise.share == pytest.approx(0.02 / (0.02 + 1 - 0.01))
    assert noise.spread == pytest.approx(math.sqrt(0.02))
    assert noise.finalists == 3
    assert "their own" in noise.meaning


def test_finalists_that_differ_by_their_seeds_alone_are_all_noise() -> None:
    noise = seed_noise([[0.0, 1.0], [1.0, 0.0], [0.5, math.inf, 0.5]])
    assert noise is not None
    assert noise.share == 1.0
    assert "luck of the seed" in noise.meaning


def test_one_finalist_or_one_seed_tells_nothing() -> None:
    assert seed_noise([[0.1, 0.2, 0.3]]) is None
    assert seed_noise([[0.1, 0.2], [0.3], [math.inf, 0.1]]) is None
    assert seed_noise([[0.1, 0.1], [0.1, 0.1]]).share == 0.0  # type: ignore[union-attr]


def test_who_lies_beyond_the_bounds_is_out_and_who_is_near_stays() -> None:
    """Half widths: t(0.9, 3) = 1.638 times 0.0141 over the root of 2, which is 0.0164."""
    costs = {1: [0.10, 0.12], 2: [0.12, 0.14], 3: [0.19, 0.17]}
    assert half_width(math.sqrt(pooled_variance(list(costs.values()))), 2, 3) == pytest.approx(
        0.0164, abs=1e-4
    )
    assert out_of_the_race(costs) == {3}
    assert out_of_the_race({1: [0.1], 2: [0.9, 0.8]}) == set(), "one seed has no bound"
    assert out_of_the_race({1: [0.1, 0.12], 2: [0.1, math.inf]}) == {2}


def test_the_best_of_two_hundred_races_is_hardly_ever_out() -> None:
    dice = random.Random(0)
    lost = 0
    for _ in range(200):
        costs = {one: [dice.gauss(0.1 * one, 0.1) for _ in range(3)] for one in range(3)}
        lost += 0 in out_of_the_race(costs)
    assert lost <= 4


def test_by_the_bound_a_steady_finalist_wins_before_an_uncertain_one() -> None:
    wild = Finalist(1, (1, 2, 3), {1: 0.1, 2: 0.5, 3: 0.27})
    calm = Finalist(2, (4, 5, 6), {4: 0.30, 5: 0.31, 6: 0.29})
    assert fmean(wild.scored()) < fmean(calm.scored())
    assert choose([wild, calm], Goal.MINIMIZE) == (1, 1)
    assert choose([wild, calm], Goal.MINIMIZE, "bound") == (2, 6)
    turned = [
        Finalist(each.number, each.seeds, {seed: -value for seed, value in each.values.items()})
        for each in (wild, calm)
    ]
    assert choose(turned, Goal.MAXIMIZE, "bound") == (2, 6)
    assert wild.bound(Goal.MINIMIZE).cost == pytest.approx(
        0.29 + 1.8856 * 0.2007 / math.sqrt(3), abs=1e-3
    )
