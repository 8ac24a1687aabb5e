"""Decides of what a person is alerted, and delivers it from a thread that the search never waits
for."""

from __future__ import annotations

import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rnnsearch.events import (
    ChampionChosen,
    EpochsReported,
    Event,
    StudyEnded,
    StudyStarted,
    TrialEnded,
)
from rnnsearch.records.sink import Remains
from rnnsearch.space.words import duration, short
from rnnsearch.study.alerts.asked import Alerts, Occasion
from rnnsearch.study.alerts.ways import UndeliveredError, Way
from rnnsearch.study.progress import Progress

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import SearchConfig

RARELY_SECONDS = 300.0
"""A new best is told so long after the start or the last one that was told, and the same holds for
trials that failed: of what comes between only the last is told."""
LOOK_SECONDS = 1.0
RETRIES = (1.0, 5.0)
"""Seconds before another try, where one may help."""
MOST = 50
"""So many alerts may wait to be delivered; the oldest is lost then."""


class Telling:
    """A Sink that alerts a person. What goes wrong with that is its `problem`, and no more.

    Args:
        alerts: What was asked for.
        ways: Where alerts go.
        study: The study's name, and `storage` its storage folder.
        search: Its metric, goal and number of trials.
        pulse: Gives a value that changes whenever something was trained.
        why_waiting: Gives why trials wait, in a line; None where they do not.
        clock: Gives seconds that never fall.
        sleep: Waits for so many seconds.
    """

    close_seconds = 3.0

    def __init__(
        self,
        alerts: Alerts,
        ways: Sequence[Way],
        study: str,
        storage: str,
        search: SearchConfig,
        pulse: Callable[[], object],
        why_waiting: Callable[[], str | None] = lambda: None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._alerts, self._ways = alerts, ways
        self._of = {"study": study, "storage": storage, "host": platform.node()}
        self._search = search
        self._pulse, self._why_waiting = pulse, why_waiting
        self._clock, self._sleep = clock, sleep
        self._progress = Progress(search, clock=clock)
        self._changed = threading.Condition()
        """Guards all below."""
        self._queue: deque[dict[str, Any]] = deque()
        self._problems: dict[str, str] = {}
        self._champion: ChampionChosen | None = None
        self._beat: object = None
        self._beat_at = clock()
        self._stalled = self._closing = False
        self._told_best: tuple[float, int] | None = None
        self._failed: str | None = None
        self._told_at: dict[Occasion, float] = {}
        self._running = False
        self._thread = threading.Thread(target=self._keep_on, name="alerts", daemon=True)

    def recall(self, trials: Iterable[TrialRecord]) -> None:
        """Take over what earlier runs of the study have, so that an old best is no news."""
        self._progress.recall(trials)
        self._told_best = self._progress.best

    @property
    def problem(self) -> str | None:
        """What is wrong with the last alerts, in a line; None where they arrived."""
        with self._changed:
            return "; ".join(self._problems.values()) or None

    def on_event(self, event: Event) -> None:
        """Note what happened; returns at once."""
        with self._changed:
            self._progress.on_event(event)
            match event:
                case StudyStarted():
                    now = self._clock()
                    self._running, self._beat, self._beat_at = True, self._pulse(), now
                    self._told_at = {"best": now, "failure": now - RARELY_SECONDS}
                    if not self._thread.is_alive():
                        self._thread.start()
                case TrialEnded() if event.state == "failed":
                    self._failed = f"trial {event.number} failed: {event.reason}"
                case ChampionChosen():
                    self._champion = event
                case StudyEnded():
                    self._running = False
                    self._end(event)
                case EpochsReported():
                    return  # so frequent that the thread looks by itself
            self._changed.notify_all()

    def look(self) -> None:
        """Find out whether there is a new best, a failure or a stall to tell."""
        beat, reason = self._pulse(), self._why_waiting()
        with self._changed:
            if not self._running:
                return
            now, best = self._clock(), self._progress.best
            if best != self._told_best and best is not None and self._is_due("best", now):
                self._told_best = best
                value, number = best
                ended = f"{sum(self._counts().values())} of {self._progress.num_trials} trials"
                metric = self._search.metric
                self._tell("best", f"new best {metric} {short(value)} (trial {number}; {ended})")
            if self._failed is not None and self._is_due("failure", now):
                self._tell("failure", self._failed)
                self._failed = None
            if beat != self._beat:
                self._beat, self._beat_at, self._stalled = beat, now, False
            elif not self._stalled and now - self._beat_at >= self._alerts.stall_seconds:
                self._stalled = True
                why = f": {reason}" if reason else ""
                self._tell("stall", f"nothing was trained for {duration(now - self._beat_at)}{why}")

    def close(
        self,
        deadline_seconds: float,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Remains:
        """See `Sink`; what has not arrived by then is lost."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(deadline_seconds)
        return self.leave()

    def leave(self) -> Remains:
        """See `Sink`."""
        with self._changed:
            left = len(self._queue)
        return Remains(
            left, self.problem or ("there was no time to deliver them" if left else None)
        )

    def _is_due(self, occasion: Occasion, now: float) -> bool:
        if now - self._told_at[occasion] < RARELY_SECONDS:
            return False
        self._told_at[occasion] = now
        return True

    def _end(self, event: StudyEnded) -> None:
        """Queue the alert of a run's end; a run that failed is a failure, where these are told."""
        metric, best = self._search.metric, self._progress.best
        found = f"; best {metric} {short(best[0])} (trial {best[1]})" if best else ""
        how = event.state + (f" ({event.reason})" if event.reason else "")
        text = f"{how} after {duration(event.wall_seconds)}{found}"
        failed = event.state == "failed" and "failure" in self._alerts.on
        more = {"state": event.state, "reason": event.reason, "trials": dict(event.counts)}
        self._tell("failure" if failed else "end", text, **more)

    def _tell(self, occasion: Occasion, text: str, **more: Any) -> None:
        """Queue an alert, if it was asked for."""
        if occasion not in self._alerts.on:
            return
        best, won = self._progress.best, self._champion
        self._queue.append(
            {
                "event": occasion,
                **self._of,
                "text": f"{self._of['study']}: {text}",
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "state": "running",
                "reason": "",
                "metric": self._search.metric,
                "goal": str(self._search.goal),
                "best": None if best is None else {"value": best[0], "trial": best[1]},
                "champion": None
                if won is None
                else {
                    "trial": won.number,
                    "value": won.val_metrics.get(self._search.metric),
                    "test": dict(won.test_metrics),
                },
                "trials": dict(self._progress.counts()),
                "num_trials": self._progress.num_trials,
                "seconds": round(self._progress.elapsed, 1),
                **more,
            }
        )
        if len(self._queue) > MOST:
            self._queue.popleft()

    def _counts(self) -> Mapping[str, int]:
        counts = self._progress.counts()
        return {state: count for state, count in counts.items() if state != "running"}

    def _keep_on(self) -> None:
        """Look and deliver, until the run is closed and nothing is left."""
        while True:
            self.look()
            with self._changed:
                if not self._queue:
                    if self._closing:
                        return
                    self._changed.wait(LOOK_SECONDS)
                    continue
                alert = self._queue[0]
            self.deliver(alert)
            with self._changed:
                if self._queue and self._queue[0] is alert:
                    self._queue.popleft()

    def deliver(self, alert: Mapping[str, Any]) -> None:
        """Take an alert every way, and note what went wrong."""
        for way in self._ways:
            problem = self._tried(way, alert)
            with self._changed:
                if problem is None:
                    self._problems.pop(way.name, None)
                else:
                    self._problems[way.name] = f"{problem}; the alert of {alert['event']} is lost"

    def _tried(self, way: Way, alert: Mapping[str, Any]) -> str | None:
        for pause in (*RETRIES, None):
            try:
                way.deliver(alert)
                return None
            except UndeliveredError as error:
                if not error.again or pause is None or self._closing:
                    return str(error)
            except OSError as error:  # no process can be started
                return f"{way.name}: {error.strerror}"
            self._sleep(pause)
        raise AssertionError("the last try returns")
