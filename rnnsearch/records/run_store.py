"""What the records ask of a store of runs, and the three answers that are no success."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rnnsearch.events import ChampionChosen

Point = tuple[str, float, float, int]
"""A row of a curve: key, value, Unix time in seconds, step."""


class StoreError(Exception):
    """A store did not do what it was asked.

    Attributes:
        reason: Why, in one line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AwayError(StoreError):
    """The store is down, slow, or has trouble that passes: it is asked again."""


class RefusedError(StoreError):
    """The store takes this one record at no time; others it may take."""


class BlockedError(StoreError):
    """The store takes nothing of this study until somebody acts.

    Attributes:
        remedy: What to do, in words.
        commands: Lines for a shell that do it; the study is resumed after them.
    """

    def __init__(self, reason: str, remedy: str, commands: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.remedy = remedy
        self.commands = commands


@dataclass(frozen=True, slots=True)
class Registering:
    """What a champion is registered under.

    Attributes:
        study: The study's name.
        run_id: The study's run.
        sequence: The number of the event that chose it.
        replayed: Whether a writer may have begun before: a model that was made from the event is
            found and finished instead of made twice.
    """

    study: str
    experiment_id: str
    run_id: str
    sequence: int
    replayed: bool


class RunStore(Protocol):
    """Runs of one study in one experiment. Every method may raise a StoreError."""

    @property
    def name(self) -> str:
        """What people call the store, as in "MLflow refused trial 3"."""
        ...

    @property
    def study_id(self) -> str:
        """What keeps studies of one name apart."""
        ...

    def experiment(self, name: str, artifacts: Path | None) -> str:
        """The id of an experiment, made if it is missing.

        Args:
            artifacts: Where a new experiment puts its files, in a folder of its name; None leaves
                it to the server.

        Raises:
            BlockedError: There is a deleted one of that name.
        """
        ...

    def find(self, experiment_id: str, tags: Mapping[str, str]) -> str | None:
        """The run of this study that carries the tags."""
        ...

    def create(self, experiment_id: str, name: str, seconds: float, tags: Mapping[str, str]) -> str:
        """A new run that started at a Unix time."""
        ...

    def reopen(self, run_id: str) -> None:
        """Have a run grow again."""
        ...

    def end(self, run_id: str, status: str, seconds: float) -> None:
        """Terminate a run at a Unix time, as FINISHED, FAILED or KILLED."""
        ...

    def steps(self, run_id: str, keys: Iterable[str]) -> set[tuple[str, int]]:
        """The (key, step) of every row that a run has of some metrics."""
        ...

    def log(
        self,
        run_id: str,
        *,
        metrics: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Rows, params and tags of a run, in few calls; at most 100 params and 100 tags count."""
        ...

    def keep_text(self, run_id: str, text: str, name: str) -> None:
        """A text as a file of a run."""
        ...

    def keep(self, run_id: str, path: Path, folder: str) -> None:
        """A file, or what lies in a folder, as files of a run."""
        ...

    def register(self, event: ChampionChosen, under: Registering) -> str:
        """Log the champion's checkpoint as a model of a run, register it, and name it champion.

        Returns:
            The registered version's address.

        Raises:
            ModelError: The checkpoint folder cannot be read.
        """
        ...

    def gone(self, experiment_id: str, run_id: str) -> BlockedError | None:
        """Whether the study's experiment or its run was deleted, which explains any refusal.

        Args:
            experiment_id: Empty before there is one; `run_id` likewise.
        """
        ...

    def warm_up(self) -> None:
        """Load what a registration needs, while nobody waits for it."""
        ...
