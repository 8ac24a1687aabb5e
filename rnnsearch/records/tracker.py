"""Turn events into the runs of a store: gather them in memory, and write them in few calls.

Writing an event twice changes nothing, nor does an event that says the same at a later time. Where
an earlier writer may have made a run, the run is looked for by its tags, and a metric is then
written only where the run has no value of it at that step. Params and tags are overwritten with
equal values.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
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
from rnnsearch.records.best_runs import BestRuns
from rnnsearch.records.events_codec import decode, encode
from rnnsearch.records.held_trials import Numbered
from rnnsearch.records.machine import Machine
from rnnsearch.records.record_rule import DEFAULT_RECORD
from rnnsearch.records.run_store import BlockedError, RefusedError
from rnnsearch.records.study_file import study_file
from rnnsearch.records.study_run import StudyRun, start_from_file
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.trial_runs import TrialRuns

_log = logging.getLogger(__name__)


class Tracker:
    """Gathers events (`add`) and writes them (`flush`).

    `flush` may raise a StoreError; when it is called again, it goes on where it stopped.
    """

    def __init__(
        self,
        run: StudyRun,
        machine: Machine | None = None,
        rule: str = DEFAULT_RECORD,
        held: Path | None = None,
    ) -> None:
        """
        Args:
            machine: Takes samples of this machine, which are written with the events.
            rule: Which trials have runs of their own; see `record_rule`.
            held: Where events of trials are kept of which that is not known yet.
        """
        self.state = run.state
        self.store = run.store
        self._run = run
        self._runs = TrialRuns(run.store, run.state)
        self._best = BestRuns(self._runs, rule, held)
        # What an earlier writer claimed and never confirmed may be in the store already.
        self._doubtful = self.state.claimed if self.state.claimed > self.state.done else 0
        self._last = 0
        self._trials: dict[int, TrialRows] = {}
        self._events: dict[int, list[Numbered]] = {}
        self._study: list[tuple[int, Event]] = []
        self._champion_heard = False
        self._machine = machine

    def add(self, sequence: int, event: Event) -> bool:
        """Gather an event.

        Returns:
            Whether `flush` must be called before the next event is added.
        """
        self._last = sequence
        if self._run.folder is not None and isinstance(event, CheckpointSaved):
            event = replace(event, path=str(study_file(event.path, self._run.folder)))
        if isinstance(event, TrialEvent):
            rows = self._trials.setdefault(event.number, TrialRows(event.number, sequence))
            rows.add(event)
            self._events.setdefault(event.number, []).append((sequence, event))
            # A trial that was put back may be taken again, and then ends again: of two ends that
            # are gathered together, the first would be lost.
            return isinstance(event, TrialEnded) and event.state not in ENDED
        if isinstance(event, StudyStarted | BaselineScored | ChampionChosen | StudyEnded):
            self._study.append((sequence, event))
            return not isinstance(event, BaselineScored)
        return False

    def flush(self) -> None:
        """Write all gathered events, and forget each that is written."""
        try:
            self._flush()
        except BaseException:
            # A call whose answer was lost may have worked: the next attempt looks before it writes.
            self._doubtful = max(self._doubtful, self._last)
            self._runs.doubt()
            raise

    def _flush(self) -> None:
        for sequence, event in list(self._study):
            # The trials that follow need the study's run. `add` asks for a flush after each start.
            if isinstance(event, StudyStarted):
                self._start(sequence, event)
                self._study.remove((sequence, event))
        if (self._trials or self._study) and not self.state.run_id:
            self._start_from_file()
        for number in sorted(self._trials):
            write, rows = self._best.write, self._trials[number]
            events = self._events[number]
            self._or_refuse(f"trial {number}", write, rows, events, self._doubtful)
            del self._trials[number], self._events[number]
        if self._runs.progress:
            self._or_refuse("the study's curve", self._runs.write_progress)
            self._runs.progress.clear()
        if self._machine is not None and self._machine.points and self.state.run_id:
            self._or_refuse("system metrics", self._run.write_samples, self._machine)
        while self._study:
            self._write_of_study(*self._study[0])
            self._study.pop(0)

    def _start(self, sequence: int, event: StudyStarted) -> None:
        """Start the study's run. Nothing can be written without it, so its refusal blocks all
        else."""
        try:
            self._run.start(event, self._is_doubtful(sequence))
        except RefusedError as error:
            self._raise_if_gone(error)
            raise BlockedError(
                f"{self.store.name} refuses the study for good: {error.reason}",
                "the log file of the records has its whole answer; --tracking-uri names another "
                "store",
            ) from error

    def _start_from_file(self) -> None:
        """Start the run of a study whose first event was damaged, since its trials need it."""
        if self._run.folder is not None and (self._run.folder / "study.yaml").is_file():
            self._start(self._last, start_from_file(self._run.folder, time.time()))

    def _is_doubtful(self, sequence: int) -> bool:
        """Whether an event may have been written before."""
        return sequence <= self._doubtful

    def _write_of_study(self, sequence: int, event: Event) -> None:
        match event:
            case BaselineScored():
                write = self._run.add_baseline
                self._or_refuse(f"baseline {event.name}", write, event, self._is_doubtful(sequence))
            case ChampionChosen():
                self._register(sequence, event)
            case StudyEnded():
                self._or_refuse("end of the study", self._end, sequence, event)

    def _end(self, sequence: int, event: StudyEnded) -> None:
        self._register_refused()
        for number, run in sorted(self.state.runs.items()):
            if not run.ended:
                self._or_refuse(f"trial {number}", self._runs.put_back, run, event)
        self._best.settle(event.ranking)
        self._run.end(sequence, event)

    def noted(self) -> None:
        """Take note that the state file says how far the last flush came."""
        self._best.noted()

    def abandon(self, seconds: float) -> None:
        """Close the runs of a driver that died, since nobody else would.

        Args:
            seconds: Unix time.
        """
        if self.state.run_id and self.state.study.get("running"):
            self._end(self.state.done, StudyEnded(seconds, "interrupted", "the driver died", 0.0))

    def _register(self, sequence: int, event: ChampionChosen) -> None:
        """Register a champion; one that is refused is kept for the next run of the study to try."""
        doubtful = self._is_doubtful(sequence)
        reason = self._or_refuse("champion", self._run.register_champion, sequence, event, doubtful)
        kept = {"time": event.time, "reason": reason, "event": encode(event, sequence).decode()}
        self.state.unregistered = kept if reason else {}
        self._champion_heard = True

    def _register_refused(self) -> None:
        """Try to register a champion that an earlier run could not; the driver tells of it only
        once."""
        refused = self.state.unregistered.get("event")
        if refused and not self._champion_heard:
            sequence, event = decode(refused.encode())
            if isinstance(event, ChampionChosen):
                self._register(sequence, event)

    def _or_refuse(self, what: str, write: Callable[..., None], *arguments: Any) -> str:
        """Call `write`; what the store refuses for good is logged, counted and left out.

        Args:
            what: What is written, for a person.

        Returns:
            Why it was left out; empty where it was written.

        Raises:
            StoreError: Any trouble that is not about this record alone.
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
        """Raise BlockedError where the reason of a refusal is a deleted experiment or study's run.

        Once that is restored, all waiting events can be written.
        """
        if blocked := self.store.gone(self.state.experiment_id, self.state.run_id):
            raise blocked from error

    def _refuse(self, what: str, error: Exception, reason: str) -> str:
        """Log a refusal and note it for the driver; returns the reason."""
        _log.exception("%s refused %s", self.store.name, what, exc_info=error)
        self.state.refused += 1
        self.state.problem = f"{self.store.name} refused {what}: {reason}"
        if self.state.refused > 1:
            self.state.problem += f" (refused in all: {self.state.refused})"
        return reason
