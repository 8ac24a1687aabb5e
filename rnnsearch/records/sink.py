"""What the driver asks of whoever keeps a study's events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rnnsearch.events import Listener


@dataclass(frozen=True, slots=True)
class Remains:
    """Where a sink stands when its run is over.

    Attributes:
        pending: Events that it has not taken.
        problem: Why, in a line for a person; None where all went well.
    """

    pending: int
    problem: str | None


class Sink(Listener, Protocol):
    """A Listener that keeps what it hears; its trouble is said and never the search's.

    It knows by itself what it has kept of earlier runs of the study, and keeps nothing twice.

    Attributes:
        close_seconds: How long the end of a run waits for it.
    """

    close_seconds: float

    @property
    def problem(self) -> str | None:
        """What is wrong now, in a line for a person; None where nothing is."""
        ...

    def close(
        self,
        deadline_seconds: float,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Remains:
        """Keep what is left, for at most so long.

        Args:
            progress: Called with the events kept and those to keep, since this call.
        """
        ...

    def leave(self) -> Remains:
        """The driver leaves at once: what can go on without it does, and nothing is waited for."""
        ...


@dataclass(frozen=True, slots=True)
class SinkKind:
    """A place for events that a person may ask for, beside MLflow.

    Attributes:
        name: As people call it.
        folder: Whether the option takes a folder, as in `--tensorboard DIR`; else an address.
        help: Of that option.
        check: Called with what was given before anything of the study is made; raises
            InputError, with a remedy, where nothing could be kept there.
        open: Called with what was given, the study's name, the random name that keeps studies of
            one name apart, and a log file for the traceback of an unexpected error; may raise
            OSError.
    """

    name: str
    folder: bool
    help: str
    check: Callable[[str], None]
    open: Callable[[str, str, str, Path], Sink]
