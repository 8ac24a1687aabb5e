"""Measures the processor time that a run takes, in the packs and in the driver."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Stopwatch:
    """Sums the processor time of the threads that enter `running`, one thread at a time."""

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
    """The processor time of one pack.

    Attributes:
        at: When the pack last reported, on the `time.monotonic` clock.
        cpu: Its processor seconds by then.
        start: Its processor seconds at the start of the window; None before that.
    """

    at: float
    cpu: float
    start: float | None = None


class PackClock:
    """Measures how busy the packs are in a window from the first report to the last refill.

    Packs report at different times, so a pack's processor time at the start of the window is
    interpolated between two of its reports. The window ends at the last refill, so that the time
    at the end of a search, when there are no trials left to fill idle packs with, is not counted.
    """

    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}
        self._began: float | None = None
        self._measured = self._spent = 0.0
        """Processor seconds of the packs since the window opened, and what of them lies in it."""
        self._ended = 0.0
        self._lived = self._lived_plain = 0.0
        """Seconds that packs of either kind lived within the window, added up."""

    def report(self, pack: str, cpu_seconds: float, now: float, *, trained: bool) -> None:
        """Enter the report of a pack.

        Args:
            cpu_seconds: Processor time that the pack's process has taken since it started.
            now: The present time on the `time.monotonic` clock.
            trained: Whether the report has finished epochs; the first such report opens the window.
        """
        if trained and self._began is None:
            self._began = self._ended = now
        meter = self._meters.get(pack)
        if meter is None:
            meter = self._meters[pack] = _Meter(now, cpu_seconds)
        if self._began is not None and meter.start is None:
            # Of a pack that starts later nothing is interpolated: its start-up was no training.
            share = (self._began - meter.at) / (now - meter.at) if now > meter.at else 1.0
            meter.start = meter.cpu + min(1.0, max(0.0, share)) * (cpu_seconds - meter.cpu)
            self._measured += cpu_seconds - meter.start
        elif meter.start is not None:
            self._measured += cpu_seconds - meter.cpu
        meter.at, meter.cpu = now, cpu_seconds

    def refilled(self, packs: int, now: float, *, plain: int = 0) -> None:
        """Extend the window to `now`, since a trial went aboard.

        Args:
            packs: How many packs live, and so have since the window was extended before.
            plain: How many of them ask for no GPU, where the others do, and have cores of their
                own number.
        """
        if self._began is None or now <= self._ended:
            return
        self._spent = self._measured
        self._lived += (packs - plain) * (now - self._ended)
        self._lived_plain += plain * (now - self._ended)
        self._ended = now

    def utilisation(self, cpus_per_pack: float, cpus_without_gpu: float = 0.0) -> float | None:
        """The packs' processor seconds over their core-seconds; None where nothing was refilled.

        Args:
            cpus_without_gpu: Cores of a pack that asks for no GPU, where the others do.
        """
        available = self._lived * cpus_per_pack + self._lived_plain * cpus_without_gpu
        return self._spent / available if available > 0 else None
