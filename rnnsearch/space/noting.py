"""Mistakes at places of a space file: noted in a list, or raised where reading cannot go on.

One look at a file shall show all of its mistakes, so what is raised for one entry is caught and
noted, and the rest of the file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.errors import Mistake


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key or a value was written.

    Attributes:
        source: The file's name, or `--set KEY=VALUE`.
        line: The line, counted from 1; None in an override and in code.
        directory: The folder in which a relative path that is written here starts.
        in_code: Whether Python code gave it, which has no lines.
    """

    source: str
    line: int | None
    directory: Path
    in_code: bool = False

    @property
    def override(self) -> bool:
        """Whether it was written on the command line."""
        return self.line is None and not self.in_code


class WrongError(Exception):
    """An entry of a space file cannot be read; `mistakes` holds all that is wrong with it."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes


def wrong(place: Place, key: str, message: str, suggestion: str = "") -> WrongError:
    """Make the error of a single mistake, for the caller to raise."""
    return WrongError(Mistake(message, key, place.line, place.source, suggestion))


def note(
    mistakes: list[Mistake], place: Place, key: str, message: str, suggestion: str = ""
) -> None:
    """Add a mistake at a place of the file to a list."""
    mistakes += wrong(place, key, message, suggestion).mistakes


@contextmanager
def noted(mistakes: list[Mistake]) -> Iterator[None]:
    """Add the mistakes of a `WrongError` that is raised inside to a list, and go on after it."""
    try:
        yield
    except WrongError as error:
        mistakes += error.mistakes


@contextmanager
def all_noted() -> Iterator[list[Mistake]]:
    """Give a list for mistakes; at the end of the block they are raised as one error, if any."""
    mistakes: list[Mistake] = []
    yield mistakes
    if mistakes:
        raise WrongError(*mistakes)


@contextmanager
def within(place: Place, where: str, what: str) -> Iterator[None]:
    """Tell mistakes that are raised inside as mistakes of another entry.

    Args:
        place: Where that entry stands.
        where: Its dotted key.
        what: What the messages begin with, such as the key that is named in the entry.
    """
    try:
        yield
    except WrongError as error:
        raise WrongError(
            *(
                Mistake(f"{what} {one.message}", where, place.line, place.source, one.suggestion)
                for one in error.mistakes
            )
        ) from None
