"""A pack that goes on training while its driver makes up its mind.

Between two calls of `train` the driver judges what the first one brought, asks for new trials and
writes the ledger, and Tune's loop takes its time. Only the trials at a rung have to wait for that;
a thread trains the others.
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
"""`train` returns no sooner, unless nothing is left to train: a report costs the driver some ten
milliseconds however little there is in it."""

IDLE_SHARE = 8
"""From then on it returns when one slot in so many waits for a decision or is free."""


class TurningPack(PackLike, Protocol):
    """A pack that can also be trained a turn at a time; `training.Pack` is one."""

    def turn(self, limits: Mapping[str, int]) -> SliceResult: ...
    def wanting(self, limits: Mapping[str, int]) -> int: ...


class SteadyPack:
    """Fulfils `PackLike`: trains on after `train` has returned, until any other call.

    Whatever happens is told by `train`, in order, each roster of one moment with the reports
    beside it. A call that looks at the trials or changes them finds the pack between two turns,
    and it stands still until the next `train`. To be called from one thread.
    """

    def __init__(self, pack: TurningPack) -> None:
        self._pack = pack
        self._limits: Mapping[str, int] = {}
        self._held = self._wanting = 0
        self._untold: list[SliceResult] = []
        self.kernels: Mapping[str, str] = {}
        """As of the last `train`."""
        self._failure: Exception | None = None
        self._running = self._turning = self._closed = False
        self._changed = threading.Condition()
        """Guards all above. The pack is the thread's while it is `turning`, else the caller's."""
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
        """Wait until there is something to decide, for so long at most, and tell what happened.

        Without limits nothing is trained any more, and whoever has ended an epoch is reported.

        Raises:
            Exception: Whatever ended the training in the thread.
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
        # Nothing trains without limits, but epochs that have ended are evaluated: a trial whose
        # stack is never in step must not wait for that for ever.
        ends = pack.train({}, 0.0) if late or not limits else SliceResult(roster=dict(pack.roster))
        self.kernels = dict(pack.kernels)
        step = joined([*self._untold, ends], time.monotonic() - started)
        with self._changed:
            self._untold = []
            self._wanting = pack.wanting(limits)
            self._running = bool(limits)
            self._changed.notify_all()
        return step

    def close(self) -> None:
        """End the thread after its turn."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _still(self) -> TurningPack:
        """The pack, once its turn is over; it stands still from then on."""
        with self._changed:
            self._running = False
            self._changed.wait_for(lambda: not self._turning)
            return self._pack

    def _patience(self, passed: float, seconds: float) -> float:
        """How long `train` waits yet unless something happens."""
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
                self._untold.append(step)
                self._wanting = self._pack.wanting(self._limits)
            self._changed.notify_all()
