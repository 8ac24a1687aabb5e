"""What the records ask of a store of runs, and the three errors with which it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rnnsearch.events import ChampionChosen

Point = tuple[str, float, float, int]
"""One value of a metric: its name, value, Unix time in seconds, and step (a trial's epoch)."""


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
    """The store will never take this record; it may take others."""


class BlockedError(StoreError):
    """The store takes nothing of this study until a person acts.

    Attributes:
        remedy: What to do, in words.
        commands: Command lines that do it, after which the study is resumed.
    """

    def __init__(self, reason: str, remedy: str, commands: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.remedy = remedy
        self.commands = commands


@dataclass(frozen=True, slots=True)
class Registering:
    """The study and the run under which a champion is registered.

    Attributes:
        study: The study's name.
        name: That of the registered model.
        metric: The study's metric, and `goal` which way it is better.
        run_id: The study's run, in the experiment `experiment_id`.
        sequence: The sequence number of the event that told of the champion.
        replayed: Whether an earlier attempt may have got half way: then a model that was made from
            this event is looked for, so that it is not made twice.
    """

    study: str
    name: str
    metric: str
    goal: str
    experiment_id: str
    run_id: str
    sequence: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered version.

    Attributes:
        uri: `models:/<name>/<version>`.
        alias: `champion` or `challenger`.
        words: Why, beside which other version; empty for the first champion of the name.
        over: The version that was the champion before; empty where there was none.
        front: Which versions are the other models of its front, in words; empty for none.
    """

    uri: str
    alias: str = "champion"
    words: str = ""
    over: str = ""
    front: str = ""


class RunStore(Protocol):
    """A store of the runs of one study, in one experiment. Every method may raise a StoreError."""

    @property
    def name(self) -> str:
        """What people call the store, as in "MLflow refused trial 3"."""
        ...

    @property
    def study_id(self) -> str:
        """A random name, which keeps studies of one name apart."""
        ...

    def experiment(self, name: str, artifacts: Path | None, known: str = "") -> str:
        """The id of an experiment, made if it is missing.

        Args:
            known: The id of an experiment that exists; then the name may be empty.
            artifacts: The folder in which a new experiment has a folder for its files; None leaves
                the place to the server.

        Raises:
            BlockedError: The experiment was deleted, or the known one is not there, or has
                another name.
        """
        ...

    def find(self, experiment_id: str, tags: Mapping[str, str]) -> str | None:
        """The id of the run of this study that has the tags; None where there is none."""
        ...

    def create(self, experiment_id: str, name: str, seconds: float, tags: Mapping[str, str]) -> str:
        """Make a run that started at a Unix time; returns its id."""
        ...

    def remove(self, run_id: str) -> None:
        """Put a run where the store keeps what was deleted; one that is there stays there."""
        ...

    def trials(self, experiment_id: str) -> dict[int, str]:
        """The ids of the runs of this study's trials, by the numbers of the trials."""
        ...

    def untag(self, run_id: str, key: str) -> None:
        """Take a tag from a run."""
        ...

    def reopen(self, run_id: str) -> None:
        """Let a run that was ended get further records."""
        ...

    def end(self, run_id: str, status: str, seconds: float) -> None:
        """End a run at a Unix time with the status FINISHED, FAILED or KILLED."""
        ...

    def steps(self, run_id: str, keys: Iterable[str]) -> set[tuple[str, int]]:
        """The (name, step) of every value that a run has of some metrics."""
        ...

    def log(
        self,
        run_id: str,
        *,
        metrics: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Write metrics, params and tags of a run in few calls.

        Of params and tags, the first 100 each are written.
        """
        ...

    def keep_text(self, run_id: str, text: str, name: str) -> None:
        """Keep a text as a file of a run."""
        ...

    def keep(self, run_id: str, path: Path, folder: str) -> None:
        """Keep a file, or the contents of a folder, as files of a run, below `folder` if named."""
        ...

    def log_datasets(self, run_id: str, datasets: Sequence[Mapping[str, str]]) -> None:
        """Note what a run learns from; see `StudyStarted.datasets`. Twice the same is once."""
        ...

    def register(self, event: ChampionChosen, under: Registering) -> Registered:
        """Log the champion's checkpoint as a model of a run, register it, and name it champion, or
        challenger where another one stays the champion.

        Raises:
            ModelError: The checkpoint folder cannot be read.
        """
        ...

    def gone(self, experiment_id: str, run_id: str) -> BlockedError | None:
        """What to do where the study's experiment or run was deleted, which explains any refusal.

        Args:
            experiment_id: Empty before the study has an experiment.
            run_id: The study's run; empty before there is one.

        Returns:
            None where neither was deleted.
        """
        ...

    def warm_up(self) -> None:
        """Import what a registration needs, while nobody waits for it."""
        ...
