"""One mistake in a space file, as the tests of mistakes write it."""

from __future__ import annotations

from typing import NamedTuple

SINE = "task: {type: sine}\n"
TEXT = "task: {type: text, text: abcdefghijklmnopqrstuvwxyz}\n"
LABELS = "task: {type: labels, generated: {rule: random, count: 40, held_out: 9}}\n"


class Case(NamedTuple):
    """A file, and the one mistake in it."""

    text: str
    line: int
    key: str
    words: str
    suggestion: str = ""
