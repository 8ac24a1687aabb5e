"""The packs' utilisation, from hand-made reports."""

from __future__ import annotations

import pytest

from rnnsearch.search.costs import PackClock, Stopwatch


def test_a_pack_that_works_all_the_time_is_fully_used() -> None:
    clock = PackClock()
    clock.report("a", 3.0, 10.0, trained=False)  # start-up
    clock.report("a", 5.0, 12.0, trained=True)
    clock.refilled(1, 12.0)
    clock.report("a", 15.0, 22.0, trained=True)
    clock.refilled(1, 22.0)
    clock.report("a", 15.0, 90.0, trained=True)  # idle, with nothing left to fill it

    assert clock.utilisation(1.0) == pytest.approx(1.0)
    assert clock.utilisation(2.0) == pytest.approx(0.5)


def test_a_pack_that_was_in_the_middle_when_the_first_reported_counts_from_there() -> None:
    clock = PackClock()
    clock.report("a", 0.0, 0.0, trained=False)
    clock.report("b", 0.0, 0.0, trained=False)
    clock.report("a", 2.0, 2.0, trained=True)
    clock.report("b", 3.0, 3.0, trained=True)
    clock.report("a", 4.0, 4.0, trained=True)
    clock.refilled(2, 4.0)

    # a spent 2 of 2 seconds; b 1, up to what it last said, of 2.
    assert clock.utilisation(1.0) == pytest.approx(3 / 4)


def test_a_place_without_a_pack_is_time_that_was_not_used() -> None:
    clock = PackClock()
    clock.report("a", 1.0, 1.0, trained=True)
    clock.report("a", 5.0, 5.0, trained=True)
    clock.refilled(2, 5.0)

    assert clock.utilisation(1.0) == pytest.approx(0.5)


def test_packs_of_two_kinds_have_cores_of_their_own_number() -> None:
    clock = PackClock()
    for at in (0.0, 10.0):
        clock.report("gpu", 2.0 * at, at, trained=True)
        clock.report("cpu", at / 2, at, trained=True)
    clock.refilled(2, 10.0, plain=1)

    # 20 of 10 seconds of four cores, and 5 of 10 seconds of one.
    assert clock.utilisation(4.0, 1.0) == pytest.approx(25 / 50)
    clock.report("cpu", 10.0, 20.0, trained=True)
    clock.refilled(1, 20.0, plain=1)  # the other is gone meanwhile
    assert clock.utilisation(4.0, 1.0) == pytest.approx(30 / 60)


def test_without_a_refill_there_is_no_figure() -> None:
    clock = PackClock()
    clock.report("a", 1.0, 1.0, trained=True)

    assert clock.utilisation(1.0) is None


def test_the_stopwatch_counts_work_and_not_waiting() -> None:
    watch = Stopwatch()
    with watch.running():
        sum(range(200_000))
    worked = watch.seconds

    assert worked > 0
    with watch.running():
        pass
    assert worked <= watch.seconds < 2 * worked
