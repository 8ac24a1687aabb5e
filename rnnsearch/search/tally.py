"""What a run of a search has done so far, and what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts of a run, kept as they arise, so that they hold however the run ends.

    Attributes:
        training_steps: Training steps taken, those of reruns included.
        ended: How many trials were given their final state.
        first_report: When the first finished epoch was reported, on the `time.monotonic` clock.
        last_end: When the last trial was given its final state, on the same clock.
        sampler_seconds: Processor time of the sampler's proposals.
        driver_seconds: Processor time of the driver's other work on reports: decisions, ledger and
            listeners.
        pack_utilisation: Processor time of the packs over the core-seconds that they had, from the
            first report to the last refill; None where nothing was refilled.
    """

    training_steps: int = 0
    ended: int = 0
    first_report: float | None = None
    last_end: float | None = None
    sampler_seconds: float = 0.0
    driver_seconds: float = 0.0
    pack_utilisation: float | None = None

    def count_end(self) -> None:
        """Count a trial that was given its final state."""
        self.ended += 1
        self.last_end = time.monotonic()

    def figures(self, opened: float) -> dict[str, float]:
        """How fast the run was and what it cost, for its record; unknown figures are left out.

        Args:
            opened: When the study was opened, on the `time.monotonic` clock.
        """
        first, last = self.first_report, self.last_end
        span = last - first if first is not None and last is not None else 0.0
        figures = {
            "trials_per_hour": self.ended / span * 3600 if span > 0 else 0.0,
            "first_report_seconds": None if first is None else first - opened,
            "sampler_seconds": self.sampler_seconds,
            "driver_seconds": self.driver_seconds,
            "pack_utilisation": self.pack_utilisation,
        }
        return {name: figure for name, figure in figures.items() if figure is not None}
