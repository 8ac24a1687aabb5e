"""The clock, the stop file and the signals."""

from __future__ import annotations

import time

from rnnsearch.search.endings import FINALISTS_SHARE, Ending, Endings, search_deadline


def test_the_finalists_get_their_share_where_they_train_again() -> None:
    assert search_deadline(200.0, 100.0, reruns=False) == 200.0
    assert search_deadline(200.0, 100.0, reruns=True) == 200.0 - 100.0 * FINALISTS_SHARE
    assert search_deadline(None, 100.0, reruns=True) is None
    assert search_deadline(50.0, 100.0, reruns=True) == 100.0


def test_deadlines_are_on_the_monotonic_clock() -> None:
    now = time.monotonic()
    past, future = now - 1.0, now + 1000.0
    ended = Endings(future, past, lambda: None, lambda: None)
    assert ended.search_over()
    assert not ended.over()
    free = Endings(None, None, lambda: None, lambda: None)
    assert not free.search_over()
    assert not free.over()


def test_a_signal_comes_before_a_wish_and_a_wish_is_kept() -> None:
    wishes: list[str | None] = ["stopped by hand", None, None]
    signals: list[str] = []
    endings = Endings(None, None, lambda: wishes.pop(0), lambda: signals[0] if signals else None)
    assert endings.drain() == Ending("stopped", "stopped by hand")
    assert endings.drain() == Ending("stopped", "stopped by hand")
    signals.append("SIGTERM")
    assert endings.drain() == Ending("interrupted", "interrupted by SIGTERM")


def test_the_stop_file_is_not_looked_at_more_often_than_needed() -> None:
    looks: list[int] = []
    endings = Endings(None, None, lambda: looks.append(1), lambda: None)  # type: ignore[func-returns-value]
    for _ in range(100):
        assert endings.drain() is None
    assert len(looks) < 100
