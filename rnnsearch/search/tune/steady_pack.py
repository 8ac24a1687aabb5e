"""A pack that goes on training while the driver decides on its last report.

Between two slices the driver judges what the first one brought, asks for new trials and writes the
ledger, and Ray Tune's loop takes its time. Only the trials at a rung have to wait for that; a
thread trains the others meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Protocol

from rnnsearch.search.tune.pack_worker import PackLike
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import SliceResult, joined
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights

EARLY_SECONDS = 0.2
"""A slice takes at least so long, unless nothing is left to train: each report costs the driver
some ten milliseconds, however little is in it."""

IDLE_SHARE = 8
"""After `EARLY_SECONDS` a slice ends when one slot in so many is free or waits for a decision."""


class TurningPack(PackLike, Protocol):
    """A pack that can also be trained one turn at a time, as `training.pack.Pack` can."""

    def turn(self, limits: Mapping[str, int]) -> SliceResult: ...
    def wanting(self, limits: Mapping[str, int]) -> int: ...


class SteadyPack:
    """A `PackLike` that trains on after `train` has returned, until its next method is called.

    What happens meanwhile is reported by the next `train`, in order, and the roster fits the
    reports. A method that reads or changes the trials waits for the end of a turn, after which the
    pack stands still until the next `train`. All methods must be called from one thread.
    """

    def __init__(self, pack: TurningPack) -> None:
        self._pack = pack
        self._limits: Mapping[str, int] = {}
        self._held = self._wanting = 0
        self._unreported: list[SliceResult] = []
        self.kernels: Mapping[str, str] = {}
        """What computes each trial, as of the last `train`."""
        self.useful: int | None = None
        """How many trials aboard are enough, likewise."""
        self._failure: Exception | None = None
        self._running = self._turning = self._closed = False
        self._changed = threading.Condition()
        """Guards the attributes above. While `_turning`, the pack belongs to the thread."""
        self._thread = threading.Thread(target=self._train_on, name="training", daemon=True)
        self._thread.start()

    @property
    def roster(self) -> Mapping[str, int]:
        return self._still().roster

    def add(self, trial_id: str, config: TrialConfig, state: TrialSnapshot | None = None) -> None:
        self._still().add(trial_id, config, state)

    def remove(self, trial_id: str) -> Weights | None:
        return self._still().remove(trial_id)

    def state(self) -> dict[str, TrialSnapshot]:
        return self._still().state()

    def train(self, limits: Mapping[str, int], seconds: float) -> SliceResult:
        """Let the thread train until there is something to decide, and report what happened.

        Args:
            limits: How many finished epochs each trial may reach. If it is empty nothing is
                trained, and only epochs that have ended are reported.
            seconds: How long to wait at most.

        Raises:
            Exception: What ended the training in the thread.
        """
        started = time.monotonic()
        pack = self._still()
        with self._changed:
            self._limits = dict(limits)
            self._held, self._wanting = len(pack.roster), pack.wanting(limits)
            self._running = True
            self._changed.notify_all()
            while (left := self._patience(time.monotonic() - started, seconds)) > 0:
                self._changed.wait(left)
        self._still()
        if self._failure is not None:
            raise self._failure
        late = time.monotonic() - started >= seconds
        # Without limits nothing is trained, but epochs that have ended are evaluated. Otherwise a
        # trial whose stack never ends an epoch at one time might wait for that for ever.
        ends = pack.train({}, 0.0) if late or not limits else SliceResult(roster=dict(pack.roster))
        self.kernels, self.useful = dict(pack.kernels), pack.useful
        step = joined([*self._unreported, ends], time.monotonic() - started)
        with self._changed:
            self._unreported = []
            self._wanting = pack.wanting(limits)
            self._running = bool(limits)
            self._changed.notify_all()
        return step

    def close(self) -> None:
        """End the thread after its present turn."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _still(self) -> TurningPack:
        """The pack once its present turn is over, after which it stands still."""
        with self._changed:
            self._running = False
            self._changed.wait_for(lambda: not self._turning)
            return self._pack

    def _patience(self, passed: float, seconds: float) -> float:
        """How many more seconds `train` waits, unless something happens."""
        if self._failure is not None or not self._wanting:
            return 0.0
        idle = self._held - self._wanting
        enough = idle > 0 and IDLE_SHARE * idle >= self._held
        return (min(EARLY_SECONDS, seconds) if enough else seconds) - passed

    def _train_on(self) -> None:
        while self._may_turn():
            try:
                step = self._pack.turn(self._limits)
            except Exception as error:  # raised by the next `train`
                self._end_turn(None, error)
            else:
                self._end_turn(step, None)

    def _may_turn(self) -> bool:
        """Wait until there is something to train; False once the pack is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._running and self._wanting > 0))
            self._turning = not self._closed
            return self._turning

    def _end_turn(self, step: SliceResult | None, failure: Exception | None) -> None:
        with self._changed:
            self._turning = False
            self._failure = failure
            self._wanting = 0
            if step is not None:
                self._unreported.append(step)
                self._wanting = self._pack.wanting(self._limits)
            self._changed.notify_all()
