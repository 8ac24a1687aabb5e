"""Turns events into MLflow runs: gathers rows in memory, writes them in few calls.

Writing an event twice changes nothing, nor does an event that tells the same again at another time.
Runs are found by their tags where an earlier writer may have made them, and then a metric row is
written only where the run has none of its key and step; params and tags are overwritten with equal
values.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rnnsearch.errors import ModelError
from rnnsearch.events import (
    ENDED,
    BaselineScored,
    ChampionChosen,
    CheckpointSaved,
    Event,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialEvent,
)
from rnnsearch.records.events_codec import decode, encode
from rnnsearch.records.run_store import BlockedError, RefusedError
from rnnsearch.records.study_file import study_file
from rnnsearch.records.study_run import StudyRun, unheard
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.trial_runs import TrialRuns

_log = logging.getLogger(__name__)


class Tracker:
    """Gathers events (`add`) and writes them (`flush`).

    `flush` may raise a StoreError; called again, it goes on where it stopped.
    """

    def __init__(self, run: StudyRun) -> None:
        self.state = run.state
        self.store = run.store
        self._run = run
        self._runs = TrialRuns(run.store, run.state)
        # What an earlier writer claimed and never confirmed may be in the store already.
        self._doubtful = self.state.claimed if self.state.claimed > self.state.done else 0
        self._last = 0
        self._trials: dict[int, TrialRows] = {}
        self._study: list[tuple[int, Event]] = []
        self._champion_heard = False

    def add(self, sequence: int, event: Event) -> bool:
        """Take an event; True asks for a flush before the next one."""
        self._last = sequence
        if self._run.folder is not None and isinstance(event, CheckpointSaved):
            event = replace(event, path=str(study_file(event.path, self._run.folder)))
        if isinstance(event, TrialEvent):
            rows = self._trials.setdefault(event.number, TrialRows(event.number, sequence))
            rows.add(event)
            # Two ends in one gathering would hide the first: a trial put back and taken again.
            return isinstance(event, TrialEnded) and event.state not in ENDED
        if isinstance(event, StudyStarted | BaselineScored | ChampionChosen | StudyEnded):
            self._study.append((sequence, event))
            return not isinstance(event, BaselineScored)
        return False

    def flush(self) -> None:
        """Write all that was gathered; what is written leaves the memory."""
        try:
            self._flush()
        except BaseException:
            # A call whose answer was lost may have worked: look before making anything again.
            self._doubtful = max(self._doubtful, self._last)
            self._runs.doubt()
            raise

    def _flush(self) -> None:
        for sequence, event in list(self._study):
            # A start is alone in its gathering (see `add`), and comes before its trials.
            if isinstance(event, StudyStarted):
                self._start(sequence, event)
                self._study.remove((sequence, event))
        if (self._trials or self._study) and not self.state.run_id:
            self._start_unheard()
        for number in sorted(self._trials):
            write = self._runs.write
            self._or_refuse(f"trial {number}", write, self._trials[number], self._doubtful)
            del self._trials[number]
        if self._runs.progress:
            self._or_refuse("the study's curve", self._runs.write_progress)
            self._runs.progress.clear()
        while self._study:
            self._write_of_study(*self._study[0])
            self._study.pop(0)

    def _start(self, sequence: int, event: StudyStarted) -> None:
        """Begin what all that follows hangs on: refused for good, it blocks the store."""
        try:
            self._run.start(event, self._is_doubtful(sequence))
        except RefusedError as error:
            self._raise_if_gone(error)
            raise BlockedError(
                f"{self.store.name} refuses the study for good: {error.reason}",
                "the log file of the records has its whole answer; --tracking-uri names another "
                "store",
            ) from error

    def _start_unheard(self) -> None:
        """Start a study whose own line of the outbox was damaged: its trials hang on it."""
        if self._run.folder is not None and (self._run.folder / "study.yaml").is_file():
            self._start(self._last, unheard(self._run.folder, self._run.experiment, time.time()))

    def _is_doubtful(self, sequence: int) -> bool:
        """Whether an event may have been written before."""
        return sequence <= self._doubtful

    def _write_of_study(self, sequence: int, event: Event) -> None:
        match event:
            case BaselineScored():
                write = self._run.add_baseline
                self._or_refuse(f"baseline {event.name}", write, event, self._is_doubtful(sequence))
            case ChampionChosen():
                self._choose(sequence, event)
            case StudyEnded():
                self._or_refuse("end of the study", self._end, sequence, event)

    def _end(self, sequence: int, event: StudyEnded) -> None:
        self._choose_again()
        for number, run in sorted(self.state.runs.items()):
            if not run.ended:
                self._or_refuse(f"trial {number}", self._runs.put_back, run, event)
        self._run.end(sequence, event)

    def abandon(self, seconds: float) -> None:
        """Leave no run RUNNING after a driver that died without a word."""
        if self.state.run_id and self.state.study.get("running"):
            self._end(self.state.done, StudyEnded(seconds, "interrupted", "the driver died", 0.0))

    def _choose(self, sequence: int, event: ChampionChosen) -> None:
        """Register a winner, or keep it with the reason, for the next run to try again."""
        doubtful = self._is_doubtful(sequence)
        reason = self._or_refuse("champion", self._run.crown, sequence, event, doubtful)
        kept = {"time": event.time, "reason": reason, "event": encode(event, sequence).decode()}
        self.state.unregistered = kept if reason else {}
        self._champion_heard = True

    def _choose_again(self) -> None:
        """A study that keeps its winner does not choose it again, though MLflow refused it."""
        refused = self.state.unregistered.get("event")
        if refused and not self._champion_heard:
            sequence, event = decode(refused.encode())
            if isinstance(event, ChampionChosen):
                self._choose(sequence, event)

    def _or_refuse(self, what: str, write: Callable[..., None], *arguments: Any) -> str:
        """Write, or leave out what the store refuses for good; other trouble is raised.

        Returns:
            Why it is left out; empty where it was written.
        """
        try:
            write(*arguments)
        except RefusedError as error:
            self._raise_if_gone(error)
            return self._refuse(what, error, error.reason)
        except ModelError as error:
            return self._refuse(what, error, str(error).splitlines()[0])
        return ""

    def _raise_if_gone(self, error: RefusedError) -> None:
        """BlockedError, where a refusal only tells that the experiment or the study's run is
        deleted: brought back, it takes all that waits."""
        if blocked := self.store.gone(self.state.experiment_id, self.state.run_id):
            raise blocked from error

    def _refuse(self, what: str, error: Exception, reason: str) -> str:
        _log.exception("%s refused %s", self.store.name, what, exc_info=error)
        self.state.refused += 1
        self.state.problem = f"{self.store.name} refused {what}: {reason}"
        if self.state.refused > 1:
            self.state.problem += f" (refused in all: {self.state.refused})"
        return reason
