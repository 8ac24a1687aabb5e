"""Packs that exist on paper, in virtual time: what a real one does to the driver, and no more.

A pack trains its trials side by side, each epoch taking its own time, reports as a real pack does
(after a slice, or sooner where one slot in eight waits), and trains on while the driver decides.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rnnsearch.goal import Goal
from rnnsearch.search.messages import PackReport, Update
from rnnsearch.search.tune.pack_worker import FIRST_SECONDS
from rnnsearch.search.tune.steady_pack import EARLY_SECONDS, IDLE_SHARE
from rnnsearch.training.report import BestEpoch, Divergence, EpochReport
from rnnsearch.training.weights import Weights

SNAPSHOT_SECONDS = 30.0
SPREAD = 0.25
"""Epochs of different trials differ by up to so much of their mean."""


@dataclass(slots=True)
class Training:
    """A trial aboard a pack.

    Attributes:
        curve: Its values by epoch; shorter than the others' where it diverges in the epoch after.
        since: When its present epoch began; it began nothing that its limit forbids.
        seconds: How long each of its epochs takes.
    """

    curve: Sequence[float]
    since: float
    seconds: float
    epoch: int = 0
    limit: int = 0
    reported: int = 0
    best: BestEpoch | None = None

    def advance(self, now: float) -> int:
        """Finish what is due by now; returns how many epochs that was."""
        before = self.epoch
        while self.epoch < self.limit and self.since + self.seconds <= now:
            self.epoch += 1
            self.since += self.seconds
        return self.epoch - before

    @property
    def waits_from(self) -> float:
        """When it will have reached its limit."""
        return self.since + self.seconds * max(0, self.limit - self.epoch)


@dataclass(slots=True)
class SimulatedPack:
    """A pack in virtual time.

    Args:
        curves: Recorded curves; a trial takes that of its number.
        metric: The study's metric, whose values they are.
        epoch_seconds: How long an epoch takes in the mean.
        slice_seconds: As the driver sets it for its packs.

    Attributes:
        trained: Seconds of training that its slots have done, in whole epochs.
    """

    name: str
    curves: Sequence[Sequence[float]]
    metric: str
    goal: Goal
    epoch_seconds: float
    slice_seconds: float
    aboard: dict[str, Training] = field(default_factory=dict)
    trained: float = 0.0
    _snapshot_at: float = 0.0
    _holds: frozenset[str] = frozenset()
    _first: bool = True
    _has_reported: bool = False
    _weights: dict[str, Weights | None] = field(default_factory=dict)

    def apply(self, update: Update, now: float) -> None:
        """Make the changes of an update, at a time."""
        for departure in update.departures:
            left = self.aboard.pop(departure.trial_id, None)
            if departure.keep_weights:
                self._weights[departure.trial_id] = None if left is None else self._kept(left)
        for boarding in update.boardings:
            number = int(boarding.trial_id)
            chance = random.Random(number)
            seconds = self.epoch_seconds * chance.uniform(1 - SPREAD, 1 + SPREAD)
            curve = self.curves[number % len(self.curves)]
            one = Training(curve, now, seconds)
            if boarding.snapshot is not None:  # what came after the snapshot is trained again
                one.epoch = one.reported = one.limit = boarding.known_epoch
            self.aboard[boarding.trial_id] = one
        for trial_id, limit in update.limits.items():
            if (one := self.aboard.get(trial_id)) is not None and limit > one.limit:
                if one.epoch >= one.limit:
                    one.since = now
                one.limit = limit

    def next_report(self, now: float) -> float:
        """When a slice that begins now will end."""
        if self._first:
            return now
        seconds = self.slice_seconds if self._has_reported else FIRST_SECONDS
        if not self.aboard:
            return now + seconds
        wanted = math.ceil(len(self.aboard) / IDLE_SHARE)
        idle_from = sorted(one.waits_from for one in self.aboard.values())[wanted - 1]
        early = max(now + min(EARLY_SECONDS, seconds), idle_from)
        last = max(one.waits_from for one in self.aboard.values())
        return max(now, min(now + seconds, early, max(now, last)))

    def trained_by(self, now: float) -> float:
        """Seconds of training that its slots have done, with the epochs begun."""
        return self.trained + sum(
            min(now, one.waits_from) - one.since for one in self.aboard.values()
        )

    def report(self, now: float) -> PackReport:
        """All that happened up to now."""
        self._first = False
        if now - self._snapshot_at >= SNAPSHOT_SECONDS:
            self._snapshot_at = now
            self._holds = frozenset(key for key, one in self.aboard.items() if one.epoch)
        reports: list[EpochReport] = []
        divergences: list[Divergence] = []
        for trial_id, one in list(self.aboard.items()):
            self.trained += one.seconds * one.advance(now)
            while one.reported < one.epoch:
                if one.reported >= len(one.curve):
                    divergences.append(Divergence(trial_id, one.reported + 1, 0, math.inf))
                    del self.aboard[trial_id]
                    break
                reports.append(self._epoch(trial_id, one))
        self._has_reported = self._has_reported or bool(reports)
        weights, self._weights = self._weights, {}
        return PackReport(
            reports=tuple(reports),
            divergences=tuple(divergences),
            roster={trial_id: one.epoch for trial_id, one in self.aboard.items()},
            weights=weights,
            snapshot="simulated" if self._holds else "",
            snapshot_holds=self._holds,
            node="simulated",
        )

    def _epoch(self, trial_id: str, one: Training) -> EpochReport:
        one.reported += 1
        value = one.curve[one.reported - 1]
        if one.best is None or self.goal.cost(value) < self.goal.cost(one.best.value):
            one.best = BestEpoch(one.reported, value)
        metrics = {"train_loss": value, self.metric: value}
        return EpochReport(trial_id, one.reported, metrics, 100, one.seconds, one.best)

    def _kept(self, one: Training) -> Weights | None:
        if one.best is None:
            return None
        metrics: Mapping[str, float] = {self.metric: one.best.value}
        return Weights({}, one.best.epoch, dict(metrics))
