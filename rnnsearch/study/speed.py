"""Training steps per second, computed from reports that come when epochs end."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 15.0
"""The time before now over which the rate is an average."""


class Speed:
    """Spreads the training steps of each report over the time in which they were taken.

    That is the time since the trial's last report, or since it went aboard its pack: an epoch of a
    large network takes minutes, so its steps were not taken at the moment of the report. Until the
    next report is due, a trial is assumed to go on as fast.

    Args:
        started: A time before the first trial, on the same clock as all other times.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._since: dict[int, float] = {}
        self._spans: deque[tuple[float, float, float]] = deque()
        self._running: dict[int, tuple[float, float, float]] = {}

    def aboard(self, number: int, now: float) -> None:
        """Note that a trial begins to train."""
        self._since[number] = now

    def report(self, number: int, steps: int, now: float) -> None:
        """Note the training steps that a trial has taken since its last report."""
        self.ended(number)
        begun = self._since.get(number, self._started)
        self._since[number] = now
        if now > begun:
            # The steps that follow are guessed for as long as these took.
            self._running[number] = (begun, now, steps / (now - begun))
        self._forget(now)

    def ended(self, number: int) -> None:
        """Note that a trial trains no more, or that a report has replaced what was assumed of
        it."""
        span = self._running.pop(number, None)
        if span is not None:
            self._spans.append(span)

    def per_second(self, now: float) -> float:
        """The training steps per second of all trials together; 0 where nothing is known."""
        self._forget(now)
        spans = [*self._spans]
        spans += [(a, min(now, b + (b - a)), rate) for a, b, rate in self._running.values()]
        if not spans:
            return 0.0
        since = max(now - WINDOW_SECONDS, min(begun for begun, _, _ in spans))
        steps = sum(rate * max(0.0, end - max(begun, since)) for begun, end, rate in spans)
        return steps / (now - since) if now > since else 0.0

    def _forget(self, now: float) -> None:
        """Drop the times that lie before the window."""
        while self._spans and self._spans[0][1] < now - WINDOW_SECONDS:
            self._spans.popleft()
