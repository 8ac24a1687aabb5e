"""Trials of one shape, trained as one batched tensor program."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.training.evaluation import Evaluation
from rnnsearch.training.kernels.choice import awaited
from rnnsearch.training.precision import set_matmul_precision
from rnnsearch.training.report import Divergence
from rnnsearch.training.rows import Rows
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Taken
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.stepping.choice import stepper_of
from rnnsearch.training.stepping.crews import Crews
from rnnsearch.training.stepping.stretch import stretch_of

MAX_BLOCK = 64
"""Steps between two looks at losses and gradient norms; bounds the waste behind a NaN."""


class Stack:
    """Trials that step together. The caller chooses the number of torch's threads; a pack is made
    for one.

    Attributes:
        rows: The trials and their tensors.
        evaluation: Of these.
    """

    def __init__(self, shared: Shared, recorder: Recorder | None = None) -> None:
        self.key = shared.key
        self.task = shared.task
        self.rows = Rows(shared)
        self._shared = shared
        self._stepper = stepper_of(shared, recorder)
        self._crews = Crews(shared, self.rows, self._stepper, MAX_BLOCK)
        self.evaluation = Evaluation(shared, self.rows, self._stepper.release)
        self._seconds_a_step = 0.0
        self._awaited = True
        self._trained = False

    @property
    def kernel(self) -> str:
        """What computes its steps, in words; empty before the first."""
        return self._stepper.words if self._trained else ""

    @property
    def awaited(self) -> bool:
        """Whether another process is compiling its kernels: to train it would be to wait."""
        if self._awaited:
            self._awaited = awaited(self._shared.layers)
        return self._awaited

    def release(self) -> bool:
        """Give back the memory of recorded steps; whether there were any."""
        return self._stepper.release()

    def add(self, slot: Slot, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Take a trial aboard; rows that `arrays` does not name start at zero, powers at one.

        Raises:
            ValueError: A row has another shape than this stack's.
        """
        self.rows.append(slot, arrays)
        self._crews.clear()

    def remove(self, slot: Slot) -> None:
        """Let a trial go."""
        self.rows.remove(slot)
        self._crews.clear()

    def run(self, active: Sequence[Slot], seconds: float) -> list[Divergence]:
        """Take steps for all of `active` until one of them ends its epoch, or time is up.

        At least one step. Slots are advanced, their epochs not evaluated.

        Returns:
            Those whose loss or gradient stopped being finite; the caller takes them out.
        """
        started = time.perf_counter()
        # Before the first product: stacks take turns, and torch has one setting for all.
        set_matmul_precision(self._shared.device, self.key.matmul_precision)
        for slot in active:
            if slot.index is None:
                slot.plan(self.task)
        members = self._crews.arrange(active)
        self._trained = True
        count = min(MAX_BLOCK, *(len(slot.planned()) - slot.step for slot in members))
        if self._seconds_a_step > 0:
            count = max(1, min(count, int(seconds / self._seconds_a_step)))
        ahead = stretch_of(members, count, self._shared.device)
        done: list[Taken] = []
        try:
            taken = self._crews.take(ahead, started, seconds, done)
        finally:  # the steps that were taken stand
            bad = [one for piece in done for one in _account(members, piece)]
        elapsed = time.perf_counter() - started
        for slot in members:
            slot.seconds += elapsed / len(members)
        self._seconds_a_step = elapsed / taken
        return bad


def _account(members: Sequence[Slot], taken: Taken) -> list[Divergence]:
    """Advance the slots that took some steps."""
    # In float64, so that sums do not depend on the blocks.
    losses, norms = taken.found().double().cpu().numpy()
    members = members[taken.lo : taken.lo + losses.shape[1]]
    before = np.array([[slot.loss_sum for slot in members]])
    # A running sum, step after step, whatever the blocks: np.sum would add in pairs.
    sums = np.concatenate([before, losses]).cumsum(axis=0)[-1]
    finite = np.isfinite(losses) & np.isfinite(norms)
    bad = []
    for place, slot in enumerate(members):
        if not finite[:, place].all():
            first = int(np.argmin(finite[:, place]))
            norm, step = float(norms[first, place]), slot.total + first
            bad.append(Divergence(slot.trial_id, slot.epoch + 1, step, norm))
            continue
        slot.loss_sum = float(sums[place])
        slot.gradient_norm = float(norms[-1, place])
        slot.step += taken.count
        slot.total += taken.count
    return bad
