"""What happened to one trial since the last write, gathered for one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rnnsearch.events import (
    CheckpointSaved,
    EpochsReported,
    FinalistScored,
    TrialEnded,
    TrialEvent,
    TrialStarted,
)
from rnnsearch.records.run_store import Point


@dataclass(slots=True)
class TrialRows:
    """One trial's unwritten events.

    Attributes:
        first_sequence: Number of the oldest of them.
        points: Unwritten (key, value, time, epoch) rows of its curves; time in Unix seconds.
    """

    number: int
    first_sequence: int
    start: TrialStarted | None = None
    end: TrialEnded | None = None
    points: list[Point] = field(default_factory=list)
    checkpoints: list[tuple[int, Path]] = field(default_factory=list)
    scored: FinalistScored | None = None

    def add(self, event: TrialEvent) -> None:
        """Take one event; order matters, since a start reopens what an end closed."""
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
        else:
            self.scored = event

    def points_after(self, epoch: int) -> list[Point]:
        """Rows of epochs that are not written yet, each epoch once.

        A trial that goes on from a snapshot after a crash reports some epochs again, with equal
        values; the first report counts.
        """
        fresh: dict[tuple[str, int], Point] = {}
        for row in self.points:
            if row[3] > epoch:
                fresh.setdefault((row[0], row[3]), row)
        return list(fresh.values())
