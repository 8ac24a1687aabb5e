"""The volume that points dominate, and few points that dominate the most of it."""

from __future__ import annotations

import random

import pytest

from rnnsearch.stopping.hypervolume import hypervolume, widest


def test_the_volume_of_boxes_that_overlap_counts_once() -> None:
    assert hypervolume([(1.0, 3.0), (3.0, 1.0)], (4.0, 4.0)) == 5.0
    assert hypervolume([(1.0, 1.0, 2.0), (2.0, 2.0, 1.0)], (3.0, 3.0, 3.0)) == 5.0
    assert hypervolume([(5.0, 0.0)], (4.0, 4.0)) == 0.0


@pytest.mark.parametrize("goals", [2, 3, 4])
def test_it_is_the_share_of_random_points_that_are_dominated(goals: int) -> None:
    dice = random.Random(goals)
    points = [tuple(dice.random() for _ in range(goals)) for _ in range(6)]
    drawn = [tuple(dice.random() for _ in range(goals)) for _ in range(20_000)]
    hit = sum(
        any(all(a <= b for a, b in zip(one, at, strict=True)) for one in points) for at in drawn
    )
    assert hypervolume(points, (1.0,) * goals) == pytest.approx(hit / len(drawn), abs=0.015)


def test_the_first_is_kept_and_the_others_add_the_most() -> None:
    # 2 lies beside 1 and adds next to nothing; the other end of the front adds the most.
    points = {1: (0.0, 10.0), 2: (0.1, 9.9), 3: (5.0, 2.0), 4: (10.0, 0.0)}
    assert widest(points, 3, [1]) == [1, 3, 4]
    assert widest(points, 9, [2]) == [2, 3, 4, 1]
    assert widest({7: (1.0, 1.0)}, 3) == [7]
