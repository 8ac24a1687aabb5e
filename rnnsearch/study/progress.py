"""Add up the events of a run: counts, the best value so far, rungs, speed, time left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnsearch.events import (
    ENDED,
    BaselineScored,
    ChampionChosen,
    EpochsReported,
    Event,
    PackLost,
    PackStarted,
    ProposalsRefused,
    RungsChanged,
    SnapshotsKept,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.goal import Judge, standing
from rnnsearch.space.constraints import refused_proposals
from rnnsearch.space.words import duration, listed, short
from rnnsearch.study.speed import Speed

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import SearchConfig

ORDER = ("running", *ENDED, "waiting")


class Progress:
    """Adds up the events of one run of a study; shows nothing itself.

    Args:
        search: The metric, goal, number of trials and time budget of the study.
        clock: Returns seconds from any beginning, which never fall.

    Attributes:
        best: The value and the trial of the best epoch; of equal ones, that with the lower loss.
        best_baseline: The value and the name of the best baseline.
        rungs: How many trials have come to each rung, {epoch: trials}; `rungs_called` is the
            stopping rule's word for rungs.
        refused: How many proposals were not trained, by the constraint that they broke.
        metric_name: The study's metric as a person knows it.
        first_report: When the first epoch ended, on the clock; None before that.
        stage: What the driver does now, in a few words.
        trouble: What is wrong with the records; None where nothing is.
        waiting: Why trials wait, in one line; None where they do not.
        unsaved: By node, why its packs keep no snapshots; empty texts where they do again.
    """

    def __init__(
        self, search: SearchConfig, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.metric = self.metric_name = search.metric
        self.num_trials = search.num_trials
        self.time_budget = search.time_budget
        self.started = clock()
        self.packs = 0
        self.best: tuple[float, int] | None = None
        self.best_baseline: tuple[float, str] | None = None
        self.rungs: dict[int, int] = {}
        self.refused: Mapping[str, int] = {}
        self.rungs_called = "rungs"
        self.first_report: float | None = None
        self.stage = ""
        self.trouble: str | None = None
        self.waiting: str | None = None
        self.unsaved: dict[str, str] = {}
        self._clock = clock
        self._judge = Judge(search.metric, search.goal)
        self._best = self._best_baseline = standing(search.goal, None)
        self._before: Counter[str] = Counter()
        self._states: dict[int, str] = {}
        self._speed = Speed(self.started)

    def recall(self, trials: Iterable[TrialRecord]) -> None:
        """Count the trials that ended in earlier runs of the study, and take over their best
        value."""
        for trial in trials:
            if trial.state in ENDED:
                self._before[trial.state] += 1
            place = trial.standing(self._judge.goal)
            if trial.best_value is not None and place < self._best:
                self._best, self.best = place, (trial.best_value, trial.number)

    def read(self, trials: Sequence[TrialRecord], since: float) -> None:
        """Take everything over from a ledger, in the place of events: another process runs the
        study.

        Trials that were sampled ahead, and are aboard no pack yet, are not counted.

        Args:
            since: Unix time at which the present run began, which is the clock's kind of time.
        """
        self._before, self._states = Counter(), {}
        self.recall(trial for trial in trials if trial.ended is not None and trial.ended < since)
        present = [trial for trial in trials if trial.ended is None or trial.ended >= since]
        for trial in present:
            place = trial.standing(self._judge.goal)
            if trial.best_value is not None and place < self._best:
                self._best, self.best = place, (trial.best_value, trial.number)
            if trial.attempts or trial.state in ENDED:
                self._states[trial.number] = trial.state
        # The first epochs ended about when the first of these trials began to train.
        begun = [one.ended - (one.seconds or 0.0) for one in present if one.ended is not None]
        self.first_report = max(since, min(begun)) if begun else None

    def on_event(self, event: Event) -> None:
        match event:
            case StudyStarted():
                self.num_trials = event.num_trials
                self._judge = replace(self._judge, loss=event.tie_break)
                self.metric_name = event.labels.get(self.metric, self.metric)
            case ProposalsRefused():
                self.refused = event.counts
            case BaselineScored():
                place = self._judge.of(event.metrics)
                if place < self._best_baseline:
                    self._best_baseline = place
                    self.best_baseline = (event.metrics[self.metric], event.name)
            case PackStarted():
                self.packs += 1
            case PackLost():
                self.packs -= 1
            case SnapshotsKept():
                self.unsaved[event.node] = event.trouble
            case TrialStarted():
                self._states[event.number] = "running"
                # More than were asked for where some are copies. `counts` goes through all trials.
                known = self._before.total() + len(self._states)
                self.num_trials = max(self.num_trials, known)
                self._speed.aboard(event.number, self._clock())
            case EpochsReported():
                self._epochs(event)
            case TrialEnded():
                self._states[event.number] = event.state
                self._speed.ended(event.number)
            case RungsChanged():
                self.rungs, self.rungs_called = dict(event.rungs), event.called
            case ChampionChosen():
                self.stage = "recording the champion"

    def counts(self) -> Counter[str]:
        """How many trials are in each state, those of earlier runs included."""
        return self._before + Counter(self._states.values())

    @property
    def elapsed(self) -> float:
        """Seconds since this run began."""
        return self._clock() - self.started

    def steps_per_second(self) -> float:
        """Training steps per second of all packs together, over the last seconds."""
        return self._speed.per_second(self._clock())

    def seconds_left(self) -> float | None:
        """Estimate the seconds left from the trials that ended in this run, and from the time
        budget.

        Returns:
            None before a trial has ended, and when none is left: how long the finalists and the
            records take is not known.
        """
        guesses = []
        ended_now = sum(state in ENDED for state in self._states.values())
        left = self.num_trials - sum(self.counts()[state] for state in ENDED)
        if ended_now and self.first_report is not None:
            if left <= 0:
                return None
            guesses.append((self._clock() - self.first_report) / ended_now * left)
        if self.time_budget is not None:
            guesses.append(max(self.time_budget - self.elapsed, 0.0))
        return min(guesses) if guesses else None

    def cells(self) -> list[tuple[str, str]]:
        """The figures that are shown now, in their order: the name of each, and its value as
        text."""
        counts = self.counts()
        shown = [f"{counts[state]} {state}" for state in ORDER if counts[state]]
        cells = [("trials", (", ".join(shown) or "none yet") + f", of {self.num_trials}")]
        if self.refused:
            cells.append(("not trained", refused_proposals(self.refused)))
        if self.best is not None:
            value, trial = self.best
            cells.append((f"best {self.metric_name}", f"{short(value)} (trial {trial})"))
        if self.best_baseline is not None:
            value, name = self.best_baseline
            cells.append(("best baseline", f"{short(value)} ({name})"))
        if self.rungs:
            rungs = [f"{count} at {epoch}" for epoch, count in sorted(self.rungs.items())]
            cells.append((f"trials at {self.rungs_called} (epochs)", listed(rungs)))
        rate = self.steps_per_second()
        if rate and self.first_report is not None and self._clock() > self.first_report + 1.0:
            few = f"{rate:.2g}" if rate < 10 else f"{rate:,.0f}"
            cells.append(("training steps", f"{few} a second"))
        left = self.seconds_left()
        rest = f", about {duration(left)} left" if left is not None else ""
        cells.append(("time", duration(self.elapsed) + rest))
        if self.waiting is not None:
            cells.append(("waiting", self.waiting))
        if blind := [node for node, why in self.unsaved.items() if why]:
            cells.append(("snapshots", f"none on {listed(blind)}"))
        if self.trouble is not None:
            cells.append(("records", self.trouble))
        return cells

    def _epochs(self, event: EpochsReported) -> None:
        """Add the finished epochs of a trial to the speed and to the best value."""
        now = self._clock()
        if self.first_report is None:
            self.first_report = now
        self._speed.report(event.number, event.training_steps, now)
        for metrics in event.metrics:
            place = self._judge.of(metrics)
            if place < self._best:
                self._best, self.best = place, (metrics[self.metric], event.number)


def snapshots_line(event: SnapshotsKept) -> str:
    """What a person reads when a node begins or ends to keep snapshots."""
    if not event.trouble:
        return f"packs on {event.node} keep snapshots again"
    return (
        f"packs on {event.node} keep no snapshots, so what they train is lost with them: "
        f"{event.trouble}"
    )
