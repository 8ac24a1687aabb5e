"""Whatever the order in which reports come, they are released in one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.search.virtual_time import VirtualTime

WORKERS = st.integers(1, 5)
TRIALS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 6)), min_size=1, max_size=12
)  # the pace of each, and how many epochs it trains


def history(
    trials: list[tuple[int, int]], workers: int, shuffle: random.Random
) -> list[tuple[int, int, int]]:
    """All that is released, with its moment, where packs train whom they like.

    A trial begins as a worker is free, and ends with its last epoch.
    """
    order = VirtualTime[int](workers)
    waiting = list(range(len(trials)))
    trained: dict[int, int] = {}
    log = []

    def begin() -> None:
        while waiting and order.free:
            number = waiting.pop(0)
            order.begin(number, trials[number][0])
            trained[number] = 0

    begin()
    while trained:
        ahead = [number for number in trained if trained[number] < trials[number][1]]
        assert ahead, "all have come, and something is still held back"
        number = shuffle.choice(ahead)
        trained[number] += 1
        order.arrive(number, trained[number], trained[number])
        while batch := order.due():
            for released, epoch, what in batch:
                assert what == epoch
                log.append((order.now, released, epoch))
                if epoch == trials[released][1]:
                    order.end(released)
                    del trained[released]
            begin()
    return log


@settings(max_examples=40)
@given(TRIALS, WORKERS, st.randoms(use_true_random=False))
def test_the_order_is_one_whatever_the_order_of_arrivals(
    trials: list[tuple[int, int]], workers: int, shuffle: random.Random
) -> None:
    log = history(trials, workers, shuffle)
    assert log == history(trials, workers, random.Random(0))
    assert [one[:2] for one in log] == sorted(one[:2] for one in log)
    assert {(number, epoch) for _, number, epoch in log} == {
        (number, epoch + 1) for number, (_, epochs) in enumerate(trials) for epoch in range(epochs)
    }


@settings(max_examples=10)
@given(TRIALS, st.randoms(use_true_random=False))
def test_a_single_worker_trains_one_trial_after_the_other(
    trials: list[tuple[int, int]], shuffle: random.Random
) -> None:
    numbers = [number for _, number, _ in history(trials, 1, shuffle)]
    assert numbers == sorted(numbers)


def test_what_comes_at_one_moment_is_released_together() -> None:
    order = VirtualTime[str](3)
    for number, pace in ((4, 2), (2, 1), (7, 2)):
        order.begin(number, pace)
    order.arrive(4, 1, "d1")
    order.arrive(7, 1, "g1")
    assert order.due() == []
    order.arrive(2, 1, "b1")
    assert order.due() == [(2, 1, "b1")]
    assert order.due() == [], "the second epoch of 2 ends with the first of the others"
    order.arrive(2, 2, "b2")
    assert order.due() == [(2, 2, "b2"), (4, 1, "d1"), (7, 1, "g1")]
    assert order.now == 2
    assert order.due() == []


def test_a_trial_begins_when_its_worker_is_free() -> None:
    order = VirtualTime[str](2)
    order.begin(0, 3)
    order.begin(1, 5)
    order.arrive(0, 1, "")
    assert order.due()
    order.end(0)
    order.begin(2, 1)
    for epoch in (1, 2, 3):
        order.arrive(2, epoch, "")
    assert order.due() == [(2, 1, "")]
    assert order.now == 4
    assert order.due() == [], "its second epoch ends with the first one of 1"


def test_what_is_forgotten_comes_again() -> None:
    order = VirtualTime[str](2)
    order.begin(0, 1)
    order.begin(1, 2)
    order.arrive(0, 1, "once")
    order.arrive(0, 2, "once")
    assert order.due() == [(0, 1, "once")]
    assert (order.released(0), order.arrived(0)) == (1, 2)
    order.forget(0)
    order.arrive(0, 1, "again")
    assert (order.released(0), order.arrived(0)) == (1, 1)
    order.arrive(1, 1, "")
    assert order.due() == []
    order.arrive(0, 2, "again")
    assert order.due() == [(0, 2, "again"), (1, 1, "")]


def test_what_makes_no_sense_is_refused() -> None:
    order = VirtualTime[str](1)
    with pytest.raises(ValueError, match="pace 0"):
        order.begin(0, 0)
    order.begin(0, 1)
    with pytest.raises(ValueError, match="0 free"):
        order.begin(1, 1)
    with pytest.raises(ValueError, match="epoch 2 came after epoch 0"):
        order.arrive(0, 2, "")
