"""Mistakes at places of a file, noted where they are found or raised by what cannot go on."""

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
        line: Counts from 1; None in an override.
        directory: Where a relative path of this place starts.
    """

    source: str
    line: int | None
    directory: Path

    @property
    def override(self) -> bool:
        return self.line is None


class WrongError(Exception):
    """An entry of a file that cannot be read, with all that is wrong with it."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes


def wrong(place: Place, key: str, message: str, suggestion: str = "") -> WrongError:
    """A single mistake at a place of the file, to be raised."""
    return WrongError(Mistake(message, key, place.line, place.source, suggestion))


def note(
    mistakes: list[Mistake], place: Place, key: str, message: str, suggestion: str = ""
) -> None:
    """Add a mistake at a place of the file."""
    mistakes += wrong(place, key, message, suggestion).mistakes


@contextmanager
def noted(mistakes: list[Mistake]) -> Iterator[None]:
    """Note what is raised inside, and go on after it."""
    try:
        yield
    except WrongError as error:
        mistakes += error.mistakes


@contextmanager
def all_noted() -> Iterator[list[Mistake]]:
    """Everything that is noted inside, raised at the end of it."""
    found: list[Mistake] = []
    yield found
    if found:
        raise WrongError(*found)


@contextmanager
def within(place: Place, where: str, what: str) -> Iterator[None]:
    """What is wrong inside is wrong with another entry, in which `what` is named."""
    try:
        yield
    except WrongError as error:
        raise WrongError(
            *(
                Mistake(f"{what} {one.message}", where, place.line, place.source, one.suggestion)
                for one in error.mistakes
            )
        ) from None
