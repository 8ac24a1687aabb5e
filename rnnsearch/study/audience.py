"""Everybody who hears of a run: the caller, the records in MLflow, and the other sinks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.events import BaselineScored, ChampionChosen, Event, Listener
from rnnsearch.figures.figure import drawn
from rnnsearch.records.recorder import Recorder, RecordState
from rnnsearch.records.sink import Sink
from rnnsearch.study.alerts.asked import Alerts
from rnnsearch.tasks.base import Score

NO_ALERTS = Alerts()
LOOK_SECONDS = 1.0
"""Seconds between two looks for problems of the sinks."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the caller of a run wants to be told.

    Attributes:
        listener: Hears every event, from several threads but one at a time.
        stage: Called with a few words on what the driver does now.
        drain: Called at the end with the number of records that are in MLflow, and of all that
            should be.
        say: Called with a line that should stay on the screen.
        trouble: Called from another thread with what is wrong with the records, whenever that
            changes; with None once nothing is.
        waiting: Called from another thread with why trials wait, in one line, whenever that
            changes; with None once they do not.
        alerts: Who else is told of the end, a new best, a failure and a stall.
    """

    listener: Listener
    stage: Callable[[str], None]
    drain: Callable[[int, int], None]
    say: Callable[[str], None] = lambda text: None
    trouble: Callable[[str | None], None] = lambda problem: None
    waiting: Callable[[str | None], None] = lambda reason: None
    alerts: Alerts = NO_ALERTS


class Audience:
    """A Listener that hands the events of a run on to everybody, one event at a time.

    Events come from several threads. What the end of the run needs of them is remembered. From
    `start` to `close` a thread looks for problems of the sinks, and for the reason why trials
    wait, and tells the caller of changes.

    Attributes:
        baselines: The baselines, as they were scored.
        champion: The last champion that was chosen; None before the first.
    """

    def __init__(
        self,
        watch: Watch,
        recorder: Recorder,
        others: Mapping[str, Sink],
        why_waiting: Callable[[], str | None] = lambda: None,
    ) -> None:
        """
        Args:
            recorder: The sink that writes to MLflow.
            others: The sinks beside it, by their names for people.
            why_waiting: Gives the reason why trials wait.
        """
        self._watch = watch
        self._recorder = recorder
        self._others = others
        self._why_waiting = why_waiting
        self._waiting: str | None = None
        self._lock = threading.Lock()
        self._problems: dict[Sink, str | None] = dict.fromkeys((recorder, *others.values()))
        self._closing = threading.Event()
        self._looking = threading.Thread(
            target=self._keep_looking, name="records-troubles", daemon=True
        )
        self.baselines: tuple[Score, ...] = ()
        self.champion: ChampionChosen | None = None

    def start(self) -> None:
        """Begin to look for problems of the sinks."""
        self._looking.start()

    def on_event(self, event: Event) -> None:
        if isinstance(event, ChampionChosen):
            # The pictures there are of an earlier champion, even if this one's cannot be drawn.
            for picture in drawn(Path(event.figure)):
                picture.unlink(missing_ok=True)
        with self._lock:
            match event:
                case BaselineScored():
                    score = Score(event.name, dict(event.metrics), event.note)
                    self.baselines = (*self.baselines, score)
                case ChampionChosen():
                    self.champion = event
            for listener in (self._watch.listener, *self._problems):
                listener.on_event(event)

    def look(self) -> None:
        """Tell the caller what has changed since the last look: problems of sinks, and the wait."""
        reason = self._why_waiting()
        if reason != self._waiting:
            self._waiting = reason
            self._watch.waiting(reason)
        for sink, before in self._problems.items():
            problem = sink.problem
            if problem != before:
                self._problems[sink] = problem
                self._tell(sink, problem)

    def close(self, *, hurried: bool) -> tuple[RecordState, bool]:
        """Have every sink write what it still holds; a signal ends the waiting for one of them.

        What a sink beside MLflow could not write is said.

        Args:
            hurried: Whether to wait for none of them.

        Returns:
            Where the records in MLflow stand, and whether they were left to the writer process,
            which goes on alone.
        """
        try:
            for name, sink in self._others.items():
                try:
                    left = sink.leave() if hurried else sink.close(sink.close_seconds)
                except KeyboardInterrupt:
                    left = sink.leave()
                if left.pending:
                    self._watch.say(f"{name} lacks {left.pending} events: {left.problem}")
            return self._close_recorder(hurried)
        finally:
            self._closing.set()
            if self._looking.is_alive():
                self._looking.join()

    def _close_recorder(self, hurried: bool) -> tuple[RecordState, bool]:
        if not hurried:
            try:
                self._watch.stage("writing the records to MLflow")
                return self._recorder.close(self._recorder.close_seconds, self._watch.drain), False
            except KeyboardInterrupt:
                self._watch.stage("leaving the records to the writer process")
        return self._recorder.leave(), True

    def _keep_looking(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            self.look()

    def _tell(self, sink: Sink, problem: str | None) -> None:
        for name, other in self._others.items():
            if other is sink:
                self._watch.say(f"{name}: {problem or 'all is well again'}")
                return
        self._watch.trouble(problem)
