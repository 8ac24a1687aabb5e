"""What a run of a search has done so far; it holds however the run ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counted as it happens.

    Attributes:
        training_steps: Optimizer steps, reruns included.
        first_report: When the first finished epoch was told, on the `time.monotonic` clock.
        last_tell: When the last trial was given its final state, likewise.
    """

    training_steps: int = 0
    first_report: float | None = None
    last_tell: float | None = None
