"""How many trials of a stack train at once, from made-up speeds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnsearch.training.width import Width


def settle(width: Width, wanting: int, step_seconds: Callable[[int], float]) -> list[int]:
    """Have a stack train until it has nothing more to measure; the numbers that it tried."""
    tried: list[int] = []
    for _ in range(60):
        members = width.team(wanting)
        tried += [] if tried[-1:] == [members] else [members]
        width.note(members, 4, 4 * step_seconds(members))
    return tried


def test_where_arithmetic_is_all_one_trains_at_a_time() -> None:
    width = Width()
    assert settle(width, 7, lambda members: 0.05 * members) == [7, 1]
    assert width.most == 1
    assert width.team(3) == 1
    assert width.team(0) == 0


def test_where_trials_share_all_they_all_train() -> None:
    width = Width()
    assert settle(width, 7, lambda members: 0.05)[-1] == 7
    assert width.most is None
    assert width.team(13) == 13


def test_the_smallest_number_that_is_as_good_is_found_by_halves() -> None:
    width = Width()
    tried = settle(width, 32, lambda members: 0.05 * max(members, 8))
    assert tried == [32, 1, 16, 8, 4, 8]
    assert width.most == 8


def test_a_stack_that_has_grown_is_measured_again() -> None:
    width = Width()
    settle(width, 4, lambda members: 0.05 * max(members, 8))
    assert width.most is None
    settle(width, 7, lambda members: 0.05 * max(members, 8))
    assert width.most is None
    settle(width, 32, lambda members: 0.05 * max(members, 8))
    assert width.most == 8


def test_trials_that_leave_while_it_measures_do_not_spoil_it() -> None:
    width = Width()
    width.note(width.team(9), 4, 3.6)
    tried = settle(width, 5, lambda members: 0.1 * members)
    assert tried == [5, 1]
    assert width.most == 1


def test_short_steps_are_not_measured() -> None:
    width = Width()
    assert settle(width, 7, lambda members: 1e-4 * members) == [7]
    assert width.most is None


def test_the_reason_has_the_numbers() -> None:
    width = Width()
    notes = [width.note(width.team(6), 4, 0.4 * width.team(6)) for _ in range(6)]
    assert [note for note in notes if note] == [
        "1 at a time, since 6 at once get no more done: 10 training steps a second against 10"
    ]


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_run_without_time_or_steps_tells_nothing(seconds: float) -> None:
    width = Width()
    assert width.note(width.team(4), 4, seconds) is None
    assert width.note(width.team(4), 0, 1.0) is None
    assert not width._rates


def test_a_slow_step_of_one_is_noticed() -> None:
    width = Width()
    width.note(width.team(1), 2, 0.1)
    assert width.slow
    width.note(width.team(1), 2, 0.001)
    assert not width.slow
