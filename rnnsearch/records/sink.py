"""A sink keeps the events of a study somewhere; this is what the driver asks of one."""

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
        pending: How many events it has not kept.
        problem: Why, in a line for a person; None where all went well.
    """

    pending: int
    problem: str | None


class Sink(Listener, Protocol):
    """A Listener that keeps the events it hears of.

    Its trouble is told in `problem` and never ends the search. It finds out by itself what it kept
    in earlier runs of the study, and keeps nothing twice.

    Attributes:
        close_seconds: How long the end of a run waits for it to keep the rest.
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
        """Keep the rest of the events.

        Args:
            deadline_seconds: How long that may take.
            progress: Called with the numbers of events kept and events to keep, since this call.
        """
        ...

    def leave(self) -> Remains:
        """Wait for nothing, since the driver ends at once; what can go on without the driver
        does."""
        ...


@dataclass(frozen=True, slots=True)
class SinkKind:
    """A kind of sink that a person may ask for beside MLflow, by an option of the command line.

    Attributes:
        name: What people call it.
        folder: Whether the option takes a folder, as in `--tensorboard DIR`, or else an address.
        help: The help text of the option.
        check: Called with the option's value before anything of the study is made; raises
            InputError, with a remedy, where nothing could be kept there.
        open: Makes the sink. Called with the option's value, the study's name, the random name that
            keeps studies of one name apart, and a log file for the traceback of an unexpected
            error; may raise OSError.
    """

    name: str
    folder: bool
    help: str
    check: Callable[[str], None]
    open: Callable[[str, str, str, Path], Sink]
