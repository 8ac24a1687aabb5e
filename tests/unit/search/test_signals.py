"""Signals: the first is noted, the second stops, the old handlers come back."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import pytest

from rnnsearch.search.signals import SIGNALS, Signals


def send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0.01)  # Python runs handlers between two instructions of the main thread


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted_and_nothing_is_raised(number: signal.Signals) -> None:
    with Signals() as signals:
        assert signals.name() is None
        send(number)
        assert signals.name() == number.name
        assert signals.received == number


def test_the_second_signal_raises() -> None:
    with Signals() as signals:
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGTERM)
        assert signals.received == signal.SIGINT


def test_a_signal_that_was_swallowed_before_the_search_stops_it_at_its_start() -> None:
    signals = Signals()
    before = signal.getsignal(signal.SIGINT)
    with signals.noted(), contextlib.suppress(KeyboardInterrupt):
        send(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(KeyboardInterrupt), signals:
        raise AssertionError("the search began")
    assert signals.received == signal.SIGINT


def test_a_shield_holds_the_second_signal_back_until_its_end() -> None:
    written = []

    def write(signals: Signals) -> None:
        with signals.shield():
            with signals.shield():
                send(signal.SIGINT)
                written.append("inner")
            written.append("outer")
        written.append("never")

    with Signals() as signals:
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            write(signals)
    assert written == ["inner", "outer"]


def test_the_old_handlers_come_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Signals():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_outside_the_main_thread_nothing_is_installed() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    during = []

    def work() -> None:
        with Signals():
            during.extend(signal.getsignal(number) for number in SIGNALS)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert during == before
