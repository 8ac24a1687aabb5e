"""What a run of the driver spends: the packs' processor time, and the driver's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Stopwatch:
    """Sums processor time of whichever thread is inside; one thread at a time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        started = time.thread_time()
        try:
            yield
        finally:
            self.seconds += time.thread_time() - started


@dataclass(slots=True)
class _Meter:
    """One pack's processor seconds: at the window's start, and as last reported."""

    at: float
    cpu: float
    start: float | None = None


class PackClock:
    """Processor time that packs spent, from the first report to the last refill.

    Packs report at their own times; at the window's start a pack's figure lies between two of
    its reports, and is taken on the line between them. Once a refill has been sent the figure
    stands until the next one, so that the packs' idle time at the end of a search, when no
    trial is left to fill them with, is not counted.
    """

    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}
        self._began: float | None = None
        self._spent = 0.0
        self._available = 0.0

    def report(self, pack: str, cpu_seconds: float, now: float, *, trained: bool) -> None:
        """A pack says how much processor time its process has taken since it started.

        Args:
            now: On the `time.monotonic` clock.
            trained: Whether the report has finished epochs: the first such one opens the window.
        """
        if trained and self._began is None:
            self._began = now
        meter = self._meters.get(pack)
        if meter is None:
            meter = self._meters[pack] = _Meter(now, cpu_seconds)
        if self._began is not None and meter.start is None:
            # A pack that came later counts from nothing: its start-up was no training.
            share = (self._began - meter.at) / (now - meter.at) if now > meter.at else 1.0
            meter.start = meter.cpu + min(1.0, max(0.0, share)) * (cpu_seconds - meter.cpu)
        meter.at, meter.cpu = now, cpu_seconds

    def refilled(self, packs: int, now: float) -> None:
        """A trial went aboard, while so many packs had a place."""
        if self._began is None or now <= self._began:
            return
        meters = [meter for meter in self._meters.values() if meter.start is not None]
        self._spent = sum(meter.cpu - (meter.start or 0.0) for meter in meters)
        self._available = packs * (now - self._began)

    def utilisation(self, cpus_per_pack: float) -> float | None:
        """Processor seconds over core-seconds available; None where nothing was refilled."""
        if self._available <= 0 or cpus_per_pack <= 0:
            return None
        return self._spent / (self._available * cpus_per_pack)
