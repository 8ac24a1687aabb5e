"""How many trials of one stack train at once: as many as raise what it gets done, measured."""

from __future__ import annotations

from collections import defaultdict

ENOUGH = 0.92
"""Fewer trials at once are as good where they get so much done of what the most would get done.
Runs of equal work differ by about 5 % on a quiet core, and a wider stack that gains less than a
tenth delays every decision for nearly nothing."""

SHORT_SECONDS = 0.01
"""A stack whose training step takes less, with all its trials, is not measured: its decisions come
soon anyway, and its evaluations, which are not measured, gain by company too."""

RUNS = 3
"""Runs by which a number of trials is measured; the fastest counts, for whatever else the machine
does can only slow one down."""

LONE_SECONDS = 0.02
"""A training step of one trial that takes so long is nearly all arithmetic, or operators that are
dispatched for it alone."""


class Width:
    """The measurements of one stack, and what follows from them.

    Attributes:
        most: How many trials train at once; None for all that there are, also as long as nothing
            else is known.
        slow: Whether the last training step of a single trial took `LONE_SECONDS` or longer.
    """

    def __init__(self) -> None:
        self.most: int | None = None
        self.slow = False
        self._rates: defaultdict[int, list[float]] = defaultdict(list)
        """Training steps of trials a second, by the number of trials at once."""
        self._trying: int | None = None
        self._measured = 1
        """The most trials at once that were measured, to no other end than that all are best."""

    def team(self, wanting: int) -> int:
        """How many of the trials that want to train do so in the next run."""
        if self.most is not None:
            return min(wanting, self.most)
        if wanting < 2 * self._measured:
            return wanting
        if self._trying is None or self._trying > wanting:
            self._rates.clear()
            self._trying = wanting
        return self._trying

    def note(self, members: int, steps: int, seconds: float) -> str | None:
        """Enter a run.

        Args:
            members: How many trials trained at once.
            steps: How many training steps each of them took.
            seconds: How long that took.

        Returns:
            Why fewer than all trials train at once, where this run settled it.
        """
        if steps < 1 or seconds <= 0:
            return None
        if members == 1:
            self.slow = seconds / steps >= LONE_SECONDS
        if members != self._trying:
            return None
        rates = self._rates[members]
        rates.append(members * steps / seconds)
        if len(rates) < RUNS:
            return None
        if len(self._rates) == 1 and members / max(rates) < SHORT_SECONDS:
            self._measured, self._trying = members, None
            return None
        return self._next(members)

    def _next(self, members: int) -> str | None:
        """Go on to the next number of trials, or settle the matter; the reason where it is settled.

        One alone is tried first, which is as good where arithmetic is all, and then halves of the
        most as long as they are as good.
        """
        best = {number: max(rates) for number, rates in self._rates.items()}
        widest = max(best)
        good = [number for number in best if best[number] >= ENOUGH * best[widest]]
        if members == widest:
            self._trying = 1
        elif 1 not in good and members in (1, min(good)) and (half := min(good) // 2) > 1:
            self._trying = half
        else:
            self._trying = None
        if self._trying is not None:
            return None
        self._measured = widest
        if (fewest := min(good)) == widest:
            return None
        self.most = fewest
        return (
            f"{fewest} at a time, since {widest} at once get no more done: {best[fewest]:.3g} "
            f"training steps a second against {best[widest]:.3g}"
        )
