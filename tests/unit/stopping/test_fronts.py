"""The order of points that are judged by several costs."""

from __future__ import annotations

import random

import pytest

from rnnsearch.stopping.fronts import beaten_by, fronts, levelled, order, place_of


def test_a_front_holds_what_no_other_dominates() -> None:
    points = {1: (1, 4), 2: (2, 2), 3: (4, 1), 4: (2, 3), 5: (5, 5), 6: (2, 2)}
    assert list(fronts(points)) == [[1, 2, 3, 6], [4], [5]]


def test_a_front_is_ordered_from_its_best_by_distance() -> None:
    # From (0, 4) the other end is the furthest, then the middle, then its neighbours.
    points = {7: (4, 0), 3: (2, 2), 5: (0, 4), 9: (1, 3), 8: (3, 1)}
    assert list(order(points)) == [5, 7, 3, 8, 9]


def test_units_do_not_matter() -> None:
    dice = random.Random(0)
    points = {number: (dice.random(), dice.random()) for number in range(50)}
    assert list(order({one: (a, 1e6 * b) for one, (a, b) in points.items()})) == list(order(points))


def test_half_is_worth_as_much_of_a_large_cost_as_of_a_small_one() -> None:
    sizes = {1: (100.0,), 2: (50.0,), 3: (20_000.0,), 4: (10_000.0,)}
    first, second, third, fourth = levelled(list(sizes.values()))[:, 0]
    assert first - second == pytest.approx(third - fourth)
    accuracies = [(-0.5, 0.0), (-0.75, 1.0)]
    assert levelled(accuracies).tolist() == [[-0.5, 0.0], [-0.75, 1.0]]


def test_a_place_is_that_in_the_order_and_its_front_is_counted() -> None:
    points = {1: (1, 4), 2: (2, 2), 3: (4, 1), 4: (2, 3), 5: (5, 5), 6: (2, 2)}
    assert [place_of(points, number)[0] for number in order(points)] == [1, 2, 3, 4, 5, 6]
    assert [place_of(points, number)[1] for number in points] == [1, 1, 1, 2, 3, 1]
    assert beaten_by(points) == {1: 0, 2: 0, 3: 0, 4: 2, 5: 5, 6: 0}


def test_with_one_goal_it_is_the_order_of_its_values() -> None:
    assert list(order({1: (3.0,), 2: (1.0,), 3: (2.0,)})) == [2, 3, 1]
