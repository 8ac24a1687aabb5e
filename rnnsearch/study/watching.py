"""A study that another process runs, perhaps on another machine, as its files tell of it.

Nothing is written and no lock is taken: what is known is the ledger, and who stands in the lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rnnsearch.commands import command
from rnnsearch.errors import LedgerAwayError, StudyNotFoundError
from rnnsearch.events import BaselineScored
from rnnsearch.search.lock import Held, held_by
from rnnsearch.search.owner import STALE_SECONDS
from rnnsearch.space.words import duration
from rnnsearch.stopping.rule import rungs_called
from rnnsearch.study.progress import Progress

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.reading import LedgerReader
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.space.spec import StudySpec

Phase = Literal["running", "over", "failed", "died", "idle"]
"""A driver is at work; the last one ended well, or with an error; it ended without a word; none has
said anything yet."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How a study stands.

    Attributes:
        text: In a line, for a person; empty while its driver gives signs of life.
        remedy: A command line that goes on with the study; empty where there is nothing to do.
    """

    phase: Phase
    text: str = ""
    remedy: str = ""


def sight_of(directory: StudyDirectory, run: RunFigures | None, held: Held | None) -> Sight:
    """How a study stands, by its lock and by what its ledger says of the last run.

    Args:
        run: As the ledger had it after the lock was looked at.
    """
    name = directory.name
    resume = command("resume", name, storage=directory.storage)
    if held is not None:
        who = f"process {held.owner.pid} on {held.owner.host}"
        since = f"its last sign of life was {duration(max(held.silence, 0.0))} ago"
        if not held.live:
            return Sight("died", f"the driver of {name} died ({who}; {since})", resume)
        if held.silence > STALE_SECONDS:
            return Sight("running", f"{who} lives, but is suspended or hangs; {since}")
        return Sight("running")
    if run is None:
        return Sight("idle", f"no driver is at work on {name}", resume)
    how = run.state + (f": {run.reason}" if run.reason else "")
    phase: Phase = "failed" if run.state == "failed" else "over"
    return Sight(phase, f"{name} has ended, {how}", "" if run.state == "complete" else resume)


class Watching:
    """One study that is looked at again and again.

    Attributes:
        progress: What is known of the present run, as of the last look.
    """

    def __init__(
        self, directory: StudyDirectory, spec: StudySpec, clock: Callable[[], float] = time.time
    ) -> None:
        self.progress = Progress(spec.search, clock=clock)
        self._directory, self._spec = directory, spec
        self._run: RunFigures | None = None
        self._read: tuple[int, ...] | None = None
        self._reader: LedgerReader | None = None

    def look(self) -> Sight:
        """Read what has changed, and say how the study stands.

        A database that has answered before is waited for, as the driver waits for it.

        Raises:
            StudyNotFoundError: The study was deleted.
            DamagedLedgerError: The ledger holds something else than what was written.
            LedgerAwayError: The database of the ledger does not answer at the first look.
        """
        try:
            sight = self._look()
        except LedgerAwayError as error:
            if self._reader is None:
                raise
            sight = Sight("running", error.trouble)
        self.progress.stage = sight.text
        return sight

    def _look(self) -> Sight:
        # First the lock: a driver writes how it ended, and then lets the lock go.
        held = held_by(self._directory)
        if not self._directory.exists():
            raise StudyNotFoundError(f"The study {self._directory.name!r} was deleted.")
        place = self._directory.ledger_place
        if place.has_records():
            self._read_ledger(place.stamp())
        return sight_of(self._directory, self._run, held)

    def _read_ledger(self, stamp: tuple[int, ...]) -> None:
        """Read the ledger, where it has grown."""
        from rnnsearch.search.ledger.reading import LedgerReader

        if stamp == self._read:
            return
        if self._reader is None:
            self._reader = LedgerReader(self._directory, self._spec)
        state = self._reader.read()
        self._read, self._run = stamp, state.notes.run
        progress, rule = self.progress, self._spec.stopping_rule()
        # A driver writes the space file anew when it begins.
        progress.started = self._directory.yaml.stat().st_mtime
        progress.num_trials = state.num_trials
        progress.read(state.trials, progress.started)
        progress.refused = state.refused
        progress.metric_name = state.notes.labels.get(progress.metric, progress.metric)
        for score in state.notes.baselines:
            progress.on_event(BaselineScored(progress.started, score.name, score.metrics))
        rule.rebuild({one.number: one.values_by_epoch for one in state.trials})
        progress.rungs, progress.rungs_called = rule.populations(), rungs_called(rule)


def stamp(path: Path) -> tuple[int, int]:
    """What changes with each append to a file."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
