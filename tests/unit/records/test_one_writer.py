"""A writer that is left behind makes room for the next one."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rnnsearch.records.driver_pipe import Driver
from rnnsearch.records.one_writer import is_waited_for, only_writer

WAIT = """
import sys
from pathlib import Path
from rnnsearch.records.one_writer import only_writer
with only_writer(Path(sys.argv[1])):
    print("writes", flush=True)
"""


def waiting(folder: Path) -> subprocess.Popen[str]:
    """Another process that waits for the outbox."""
    other = subprocess.Popen(
        [sys.executable, "-c", WAIT, str(folder)], stdout=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while not is_waited_for(folder) and time.monotonic() < until:
        time.sleep(0.02)
    assert is_waited_for(folder)
    return other


def test_the_next_is_seen_and_gets_its_turn(tmp_path: Path) -> None:
    with only_writer(tmp_path):
        assert not is_waited_for(tmp_path)
        other = waiting(tmp_path)
    assert other.communicate()[0] == "writes\n"
    assert not is_waited_for(tmp_path)


def test_one_that_was_killed_while_it_waited_is_not_waited_for(tmp_path: Path) -> None:
    with only_writer(tmp_path):
        other = waiting(tmp_path)
        other.send_signal(signal.SIGKILL)
        other.communicate()
        assert not is_waited_for(tmp_path)


@pytest.mark.parametrize("said", ["", "close 600.0\n"])
def test_who_has_no_driver_leaves_when_the_next_one_comes(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """A writer whose driver died ends as soon as the writer of another driver waits, also where its
    driver had said `close` and was killed while it waited for the records.
    """
    came = threading.Event()
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    driver = Driver(came.is_set)
    until = time.monotonic() + 60
    while not driver.leaving and time.monotonic() < until:
        time.sleep(0.01)

    assert driver.leaving
    assert not driver.out_of_time
    came.set()
    assert driver.out_of_time


def test_who_has_a_driver_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    class Open:
        """A pipe whose other end is held."""

        def __iter__(self) -> Open:
            return self

        def __next__(self) -> str:
            time.sleep(3600)
            return ""

    monkeypatch.setattr(sys, "stdin", Open())
    assert not Driver(lambda: True).out_of_time
