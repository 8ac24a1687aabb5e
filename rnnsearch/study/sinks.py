"""Where the records of a run go beside MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rnnsearch.errors import InputError, StorageError
from rnnsearch.records.sink import Sink
from rnnsearch.search.directory import StudyDirectory, refuse_ephemeral


def check_sinks(asked: Mapping[str, str]) -> None:
    """Refuse sinks that could not keep records where a person wants them, before a study is made.

    Args:
        asked: By the option's name, what a sink is given; an empty text asks for no sink.

    Raises:
        InputError: There is no such sink, or it could keep nothing there.
    """
    from rnnsearch.records.sinks import SINKS

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
    """Settle the sinks of a run: those that are given, and those that the study has noted.

    Args:
        given: As in `check_sinks`, which has checked it; an empty text ends a noted sink.
        noted: What the last run of the study was given.
        say: Called with a line for each place.

    Raises:
        InputError: A sink can keep nothing any more in the place that was noted.
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
            # Made absolute, so that it is the same folder wherever the study is resumed.
            place = str(Path(place).absolute())
        say(f"records in {SINKS[name].name}: {place}{origin}")
        chosen[name] = place
    return chosen


def open_sinks(asked: Mapping[str, str], directory: StudyDirectory) -> dict[str, Sink]:
    """Open the sinks beside MLflow.

    Args:
        asked: What `choose_sinks` settled.

    Returns:
        The sinks by their names for people.

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
