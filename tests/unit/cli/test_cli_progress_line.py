"""A line that says how far something is."""

from __future__ import annotations

import io
import sys

import pytest

from rnnsearch.cli import progress_line
from rnnsearch.cli.progress_line import ProgressLine


class Terminal(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


def written(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, *, quiet: bool = False) -> str:
    """What two texts leave on standard error."""
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressLine(quiet=quiet) as line:
        line.say("one")
        line.say("two")
    return stream.getvalue()


def test_on_a_terminal_a_text_takes_the_place_of_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(Terminal(), monkeypatch) == "\r\033[Kone\r\033[Ktwo\r\033[K"
    assert written(Terminal(), monkeypatch, quiet=True) == ""


def test_elsewhere_lines_come_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_line, "SAY_SECONDS", 1e9)
    assert written(io.StringIO(), monkeypatch) == ""
    monkeypatch.setattr(progress_line, "SAY_SECONDS", 0.0)
    assert written(io.StringIO(), monkeypatch) == "one\ntwo\n"
