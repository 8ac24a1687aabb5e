"""The places that a run's records go to beside MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.errors import InputError, StorageError

if TYPE_CHECKING:
    from rnnsearch.records.sink import Sink
    from rnnsearch.search.directory import StudyDirectory


def check_sinks(asked: Mapping[str, str]) -> None:
    """Find out early what could not be kept where a person wants it.

    Args:
        asked: By the name of a kind of sink, what it is given; an empty text asks for nothing.

    Raises:
        InputError: There is no such sink, or nothing could be kept there.
    """
    from rnnsearch.records.sinks import SINKS
    from rnnsearch.search.directory import refuse_ephemeral

    for name, given in asked.items():
        if name not in SINKS:
            raise InputError(f"there is no sink {name!r}; there is {', '.join(SINKS)}.")
        if not given:
            continue
        if SINKS[name].folder:
            refuse_ephemeral(Path(given), "its files", f"--{name} /shared/{name}")
        SINKS[name].check(given)


def choose_sinks(
    given: Mapping[str, str], noted: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Where the records of a run go beside MLflow: what is given, else what the study has noted.

    Each place is said.

    Args:
        given: As for `check_sinks`, which has checked it; an empty text ends what was noted.
        noted: What the last run of the study was given.

    Raises:
        InputError: Nothing can be kept any more in a place that was noted.
    """
    from rnnsearch.records.sinks import SINKS

    chosen: dict[str, str] = {}
    for name, place in {**noted, **given}.items():
        if not place:
            continue
        if name not in given:
            try:
                check_sinks({name: place})
            except InputError as error:
                raise InputError(
                    f"{error}\nAn earlier run of this study was given --{name} {place}. Name "
                    f"another place, or end it with --{name} ''."
                ) from error
        origin = "" if name in given else " (the study's own)"
        if SINKS[name].folder:
            # It must mean the same folder wherever the study is resumed.
            place = str(Path(place).absolute())
        say(f"records in {SINKS[name].name}: {place}{origin}")
        chosen[name] = place
    return chosen


def open_sinks(asked: Mapping[str, str], directory: StudyDirectory) -> dict[str, Sink]:
    """The sinks beside MLflow, by their names for people; see `choose_sinks`.

    Raises:
        StorageError: One of them cannot be opened.
    """
    from rnnsearch.records.outbox import study_id
    from rnnsearch.records.sinks import SINKS

    opened: dict[str, Sink] = {}
    for name, given in asked.items():
        kind = SINKS[name]
        try:
            opened[kind.name] = kind.open(
                given, directory.name, study_id(directory.outbox), directory.logs / f"{name}.log"
            )
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
            left = sink.leave() if hurried else sink.close(sink.close_seconds)
        except KeyboardInterrupt:
            left = sink.leave()
        if left.pending:
            say(f"{name} lacks {left.pending} events: {left.problem}")
