"""The places that a run's records go to beside MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.errors import InputError, StorageError

if TYPE_CHECKING:
    from rnnsearch.records.sink import Sink
    from rnnsearch.search.directory import StudyDirectory

CLOSE_SECONDS = 30.0
"""How long the end of a run waits for each."""


def check_sinks(asked: Mapping[str, str]) -> None:
    """Find out early what could not be kept where a person wants it.

    Args:
        asked: By the name of a kind of sink, what it is given.

    Raises:
        InputError: There is no such sink, or nothing could be kept there.
    """
    from rnnsearch.records.sinks import SINKS
    from rnnsearch.search.directory import refuse_ephemeral

    for name, given in asked.items():
        if name not in SINKS:
            raise InputError(f"there is no sink {name!r}; there is {', '.join(SINKS)}.")
        if SINKS[name].folder:
            refuse_ephemeral(Path(given), "its files", f"--{name} /shared/{name}")
        SINKS[name].check(given)


def open_sinks(asked: Mapping[str, str], directory: StudyDirectory) -> dict[str, Sink]:
    """The sinks beside MLflow, by their names for people; see `check_sinks`.

    Raises:
        StorageError: One of them cannot be opened.
    """
    from rnnsearch.records.outbox import study_id
    from rnnsearch.records.sinks import SINKS

    opened: dict[str, Sink] = {}
    for name, given in asked.items():
        kind = SINKS[name]
        try:
            opened[kind.name] = kind.open(given, directory.name, study_id(directory.outbox))
        except OSError as error:
            raise StorageError(f"--{name} {given} cannot be written to: {error}") from error
    return opened


def teller(name: str, say: Callable[[str], None]) -> Callable[[str | None], None]:
    """Lines on the screen about the problem of a sink beside MLflow."""
    return lambda problem: say(f"{name}: {problem or 'all is written again'}")


def close_sinks(sinks: Mapping[str, Sink], say: Callable[[str], None], *, hurried: bool) -> None:
    """Have the sinks beside MLflow keep the rest; a signal ends the waiting for one, and nothing
    else. What is lost is said."""
    for name, sink in sinks.items():
        try:
            left = sink.leave() if hurried else sink.close(CLOSE_SECONDS)
        except KeyboardInterrupt:
            left = sink.leave()
        if left.pending:
            say(f"{name} lacks {left.pending} events: {left.problem}")
