"""The thread that asks before anybody needs the answer."""

from __future__ import annotations

import threading

import pytest

from rnnsearch.search.ledger.ask_ahead import AskAhead


def test_what_ended_the_thread_is_kept_for_whoever_asks() -> None:
    asked = threading.Event()

    def broken() -> bool:
        asked.set()
        raise ArithmeticError("no proposal")

    ahead = AskAhead(lambda: 0, broken)
    ahead.want(1)
    assert asked.wait(60)
    ahead.close()  # waits for the thread
    with pytest.raises(ArithmeticError, match="no proposal"):
        ahead.raise_failure()
