"""Holds a training against its record, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.search.job import LOSS
from rnnsearch.study.reproduction.recorded import Recorded
from rnnsearch.training.report import Divergence, EpochReport

DIVERGENCE = "divergence"
"""What differs where a training diverged and its record did not, or elsewhere."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is not as it was.

    Attributes:
        what: The name of the metric, or `divergence`.
        epoch: Where; None for the best value of a rerun, whose epoch is not on record.
        recorded: What the record has; None where the value was not finite, or there was none.
        now: What came now, likewise.
    """

    what: str
    epoch: int | None
    recorded: float | None
    now: float | None

    @property
    def size(self) -> float:
        """How far apart the two are; infinite where one of them is no finite number."""
        if self.recorded is None or self.now is None:
            return math.inf
        return abs(self.now - self.recorded)

    def __str__(self) -> str:
        """In words, with as many digits as part the two."""
        if self.what == DIVERGENCE:
            before, now = _where(self.recorded), _where(self.now)
            return f"it diverged {before} on record, and {now} now"
        place = "at its best epoch" if self.epoch is None else f"at epoch {self.epoch}"
        return f"{self.what} {place}: {_shown(self.recorded)} on record, {_shown(self.now)} now"


@dataclass(slots=True)
class Comparison:
    """What came of a training beside its record.

    Attributes:
        metric: The name of the study's metric.
        epochs: How many epochs were trained now.
        compared: How many of them have a value on record.
        losses: How many have a training loss on record.
        differing: Which epochs differ, rising.
        first, largest: The first of all differences, and the largest; None where there are none.
        best: The best value of the epochs now; None before the first finite one.
    """

    record: Recorded
    metric: str
    maximize: bool
    epochs: int = 0
    compared: int = 0
    losses: int = 0
    differing: list[int] = field(default_factory=list)
    first: Difference | None = None
    largest: Difference | None = None
    best: float | None = None
    _diverged: Divergence | None = None

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.first is None

    def take(self, report: EpochReport) -> None:
        """Compare an epoch."""
        epoch, record = report.epoch, self.record
        self.epochs = max(self.epochs, epoch)
        value = _finite(report.metrics.get(self.metric))
        if value is not None and (self.best is None or self._better(value, self.best)):
            self.best = value
        if record.whole and epoch <= record.epochs:
            self.compared += 1
            self._compare(self.metric, epoch, record.values.get(epoch), value)
        if (before := record.losses.get(epoch)) is not None:
            self.losses += 1
            loss = _finite(report.metrics.get(LOSS))
            # As the search rounded it for its record.
            rounded = None if loss is None else float(f"{loss:.6g}")
            self._compare(LOSS, epoch, before, rounded)

    def diverged(self, divergence: Divergence) -> None:
        """Compare a divergence, which is the end of a training."""
        self._diverged = divergence

    def end(self) -> None:
        """Compare how the training ended, once it has."""
        record, now = self.record, self._diverged
        if record.best is not None:
            before = _finite(record.best)
            best = self.best if now is None else None
            self.compared = max(self.compared, self.epochs)
            self._compare(self.metric, None, before, best)
            return
        epoch, step = (None, None) if now is None else (now.epoch, now.step)
        self._compare(DIVERGENCE, epoch, record.diverged_step, step)

    def as_json(self) -> Mapping[str, Any]:
        """Plain values."""
        return {
            "same": self.same,
            "epochs": self.epochs,
            "compared": self.compared,
            "losses_compared": self.losses,
            "differing_epochs": list(self.differing),
            "first": None if self.first is None else _plain(self.first),
            "largest": None if self.largest is None else _plain(self.largest),
        }

    def lines(self) -> Sequence[str]:
        """The outcome for a person."""
        what = self.metric
        if self.losses:
            what += f"; of {self.losses} also the training loss, to the six digits on record"
        if self.record.best is not None and not self.record.whole:
            what += " at the best epoch, which alone is on record"
        diverged = self._diverged is not None
        if self.same:
            end = " and the divergence after them" if diverged else ""
            return [f"0 bits differ in {self.compared} epochs{end} ({what})"]
        assert self.first is not None
        assert self.largest is not None
        lines = [f"differs from its record, first here: {self.first}"]
        if self.largest is not self.first:
            lines.append(f"the largest difference: {self.largest}")
        if math.isfinite(self.largest.size):
            relative = self.largest.size / max(abs(self.largest.recorded or 0.0), 1e-300)
            lines[-1] += f" ({self.largest.size:.3g} apart, {relative:.2g} of it)"
        if self.differing:
            lines.append(f"{len(self.differing)} of {self.epochs} epochs differ")
        return lines

    def _better(self, one: float, other: float) -> bool:
        return one > other if self.maximize else one < other

    def _compare(
        self, what: str, epoch: int | None, recorded: float | None, now: float | None
    ) -> None:
        """Note a difference where there is one: two numbers are equal to the last bit or differ."""
        if recorded == now:
            return
        difference = Difference(what, epoch, recorded, now)
        self.first = self.first or difference
        if self.largest is None or difference.size > self.largest.size:
            self.largest = difference
        if epoch is not None and epoch not in self.differing:
            self.differing.append(epoch)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _shown(value: float | None) -> str:
    return "not finite" if value is None else repr(value)


def _where(step: float | None) -> str:
    return "nowhere" if step is None else f"at step {int(step):,}"


def _plain(difference: Difference) -> Mapping[str, Any]:
    return {
        "what": difference.what,
        "epoch": difference.epoch,
        "recorded": difference.recorded,
        "now": difference.now,
        "size": difference.size if math.isfinite(difference.size) else None,
    }
