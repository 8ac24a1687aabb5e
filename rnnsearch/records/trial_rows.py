"""What happened to one trial since the last write, gathered so that few calls can write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rnnsearch.events import (
    CheckpointSaved,
    EpochsReported,
    FinalistScored,
    StoppedFinished,
    TrialEnded,
    TrialEvent,
    TrialStarted,
)
from rnnsearch.records.run_store import Point


@dataclass(slots=True)
class TrialRows:
    """The events of one trial that are not written yet.

    Attributes:
        first_sequence: The sequence number of the oldest of them.
        time: Unix time of the oldest of them.
        start: Its last start, and `end` what ended it after that.
        points: Values of its metrics; their step is the epoch.
        checkpoints: The seed and the folder of each checkpoint.
        scored: Its scores with several seeds, if it is a finalist.
        finished: How it ended when it was trained to the end after it had been stopped.
    """

    number: int
    first_sequence: int
    time: float = 0.0
    start: TrialStarted | None = None
    end: TrialEnded | None = None
    points: list[Point] = field(default_factory=list)
    checkpoints: list[tuple[int, Path]] = field(default_factory=list)
    scored: FinalistScored | None = None
    finished: StoppedFinished | None = None

    def add(self, event: TrialEvent) -> None:
        """Gather an event; events come in their order, since a start cancels the end before it."""
        self.time = self.time or event.time
        if isinstance(event, TrialStarted):
            self.start, self.end = event, None
        elif isinstance(event, EpochsReported):
            for epoch, metrics in zip(event.epochs, event.metrics, strict=True):
                for key, value in metrics.items():
                    self.points.append((key, float(value), event.time, int(epoch)))
        elif isinstance(event, TrialEnded):
            self.end = event
        elif isinstance(event, CheckpointSaved):
            self.checkpoints.append((event.seed, Path(event.path)))
        elif isinstance(event, StoppedFinished):
            self.finished = event
        else:
            self.scored = event

    @property
    def of_ended(self) -> bool:
        """Whether there is nothing but what comes once a trial has ended."""
        return self.start is None and self.end is None and not self.points

    def points_after(self, epoch: int) -> list[Point]:
        """The values of later epochs, each metric once an epoch.

        A trial that goes on from a snapshot after a crash reports some epochs again, with equal
        values; the first report counts.
        """
        fresh: dict[tuple[str, int], Point] = {}
        for row in self.points:
            if row[3] > epoch:
                fresh.setdefault((row[0], row[3]), row)
        return list(fresh.values())
