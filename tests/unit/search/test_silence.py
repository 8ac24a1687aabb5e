"""A pack hangs when the driver has turned for long without a word of it."""

from __future__ import annotations

from rnnsearch.search.silence import LONGEST_TURN, Silence


def silence(limit: float | None) -> tuple[Silence, list[float]]:
    now = [100.0]
    return Silence(limit, lambda: now[0]), now


def test_a_pack_that_reports_is_never_silent_too_long() -> None:
    watch, now = silence(10.0)
    for _ in range(20):
        watch.heard("a")
        now[0] += 4.0
        assert watch.too_long() == []


def test_a_pack_without_a_word_is_told_until_it_is_forgotten() -> None:
    watch, now = silence(10.0)
    watch.heard("a")
    found = []
    for _ in range(4):
        now[0] += 4.0
        found.append(watch.too_long())
    assert found == [[], [], ["a"], ["a"]]
    watch.forget("a")
    assert watch.too_long() == []


def test_a_pack_that_was_never_heard_waits_for_its_place() -> None:
    watch, now = silence(10.0)
    for _ in range(10):
        now[0] += 4.0
        assert watch.too_long() == []


def test_a_driver_that_stood_still_blames_no_pack_for_it() -> None:
    watch, now = silence(2 * LONGEST_TURN)
    watch.heard("a")
    now[0] += 3600.0
    assert watch.too_long() == []
    watch.heard("a")
    now[0] += LONGEST_TURN
    assert watch.too_long() == []


def test_without_a_limit_everything_is_waited_for() -> None:
    watch, now = silence(None)
    watch.heard("a")
    for _ in range(10):
        now[0] += 1e6
        assert watch.too_long() == []
