"""Ray's head is lost when it has been silent for long, and whoever stays then is helped out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from rnnsearch.search.tune.head_watch import answers, head_watched


def watched(
    head_answers: Callable[[], bool],
) -> tuple[AbstractContextManager[None], threading.Event, threading.Event]:
    lost, stuck = threading.Event(), threading.Event()
    watch = head_watched(
        head_answers,
        lost.set,
        stuck.set,
        lost_seconds=0.05,
        leave_seconds=0.05,
        look_seconds=0.005,
    )
    return watch, lost, stuck


def test_a_head_that_answers_is_left_alone() -> None:
    looks = threading.Semaphore(0)

    def head() -> bool:
        looks.release()
        return True

    watch, lost, stuck = watched(head)
    with watch:
        for _ in range(20):
            looks.acquire()
    assert not lost.is_set()
    assert not stuck.is_set()


def test_a_driver_that_leaves_is_not_ended() -> None:
    watch, lost, stuck = watched(lambda: False)
    with watch:
        assert lost.wait(30)
    assert not stuck.is_set()


def test_a_driver_that_cannot_leave_is_ended() -> None:
    watch, lost, stuck = watched(lambda: False)
    with watch:
        assert stuck.wait(30)
        assert lost.is_set()


def test_a_head_that_comes_back_was_never_lost() -> None:
    turn = [0]
    enough = threading.Event()

    def head() -> bool:
        turn[0] += 1
        if turn[0] > 40:
            enough.set()
        return turn[0] % 3 == 0

    lost, stuck = threading.Event(), threading.Event()
    watch = head_watched(head, lost.set, stuck.set, lost_seconds=60.0, look_seconds=0.001)
    with watch:
        assert enough.wait(30)
    assert not lost.is_set()


def test_an_address_answers_while_somebody_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        server.listen()
        assert answers(address)
    assert not answers(address)


def test_each_look_tells_whether_the_head_is_silent() -> None:
    heard, both = list[bool](), threading.Event()

    def hear(silent: bool) -> None:
        heard.append(silent)
        if len(heard) == 2:
            both.set()

    looks = iter([False, True])
    with head_watched(
        lambda: next(looks, True), print, print, silent=hear, lost_seconds=60.0, look_seconds=0.005
    ):
        assert both.wait(30)
    assert heard[:2] == [True, False]


def test_nothing_waits_for_a_head_that_was_left() -> None:
    words: list[bool] = []
    silent = threading.Event()

    def note(silence: bool) -> None:
        words.append(silence)
        silent.set()

    with head_watched(lambda: False, list, list, silent=note, look_seconds=0.005):
        assert silent.wait(30)
    assert words[0] is True
    assert words[-1] is False
