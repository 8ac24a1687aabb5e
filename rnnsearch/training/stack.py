"""Trials of one kind, trained as one batched tensor program."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.errors import PackError
from rnnsearch.goal import Goal
from rnnsearch.training.changes import changes_at
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
"""How many training steps are taken at most before losses and gradient norms are looked at. It
bounds what is computed in vain for a trial that has diverged."""


class Stack:
    """Trials that are trained together.

    How many threads torch uses is the caller's choice; a pack is made for one.

    Attributes:
        key: What the trials have in common.
        rows: The trials and their tensors.
    """

    serial = False

    def __init__(self, shared: Shared, recorder: Recorder | None = None) -> None:
        self.key = shared.key
        self.task = shared.task
        self.rows = Rows(shared)
        self._shared = shared
        self._stepper = stepper_of(shared, recorder)
        self._crews = Crews(shared, self.rows, self._stepper, MAX_BLOCK)
        self._evaluation = Evaluation(shared, self.rows, self._stepper.release)
        self._seconds_a_step = 0.0
        self._awaited = True
        self._trained = False

    @property
    def slots(self) -> list[Slot]:
        """The trials."""
        return self.rows.slots

    @property
    def kernel(self) -> str:
        """What computes the training steps, in words; empty before the first of them."""
        return self._stepper.words if self._trained else ""

    @property
    def awaited(self) -> bool:
        """Whether another process is compiling its kernels, so that training would only wait."""
        if self._awaited:
            self._awaited = awaited(self._shared.layers)
        return self._awaited

    def release(self) -> bool:
        """Give back the memory of recorded training steps; whether there was any."""
        return self._stepper.release()

    def add(self, slot: Slot, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Take a trial in, with its rows; see `Rows.append`.

        Raises:
            ValueError: A row has another shape than this stack's.
        """
        self.rows.append(slot, arrays)
        self._crews.clear()

    def remove(self, slot: Slot) -> None:
        """Take a trial out."""
        self.rows.remove(slot)
        self._crews.clear()

    def arrays(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """All that a trial goes on from, under the names of a snapshot's arrays."""
        return self.goes_on_from(slot) | slot.best

    def goes_on_from(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """The same without what is kept of the best epoch."""
        state = {} if slot.optimizer is None else slot.optimizer.arrays()
        return self.rows.arrays(slot) | state

    def check_whole(self, slot: Slot, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Check that the arrays of a snapshot hold all that a trial of this stack goes on from.

        Raises:
            PackError: Something is missing, or has another shape or dtype.
        """
        self.rows.check_whole(arrays)
        if slot.optimizer is not None and not slot.optimizer.fits(slot.total):
            raise PackError("it lacks the state of its optimizer")

    def evaluate(self, ended: Sequence[Slot]) -> tuple[list[dict[str, float]], list[str]]:
        """The metrics of trials that ended an epoch, and what their networks answer."""
        return self._evaluation.metrics(ended), self._evaluation.words(ended)

    def losses(self, slot: Slot) -> tuple[dict[str, float], int]:
        """The training loss of the epoch that a trial ended, and its training steps."""
        steps = len(slot.planned())
        return {"train_loss": slot.loss_sum / steps}, steps

    def best(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """A trial's weights as they are now, to be kept as those of its best epoch."""
        return self.rows.best(slot)

    def close(self, slot: Slot, metrics: Mapping[str, float]) -> None:
        """Begin a trial's next epoch.

        Args:
            metrics: What the task's evaluation gave after the one that ended.
        """
        how = slot.now.training
        if how.schedule == "plateau":
            # The task's own first metric, not the study's: equal configs give equal curves.
            first = self.task.data.metrics()[0]
            slot.plateau = slot.plateau.after(metrics[first.name], Goal(first.goal), how)
        self.rows.keep_average(slot)
        slot.close()
        if how.carry_state and self.task.natural_epoch:
            self.rows.clear_state(slot)

    def run(self, active: Sequence[Slot], seconds: float) -> list[Divergence]:
        """Train some trials until one of them ends its epoch, or time is up.

        Each takes at least one training step. Epochs that end are not evaluated here.

        Args:
            active: The trials to train.

        Returns:
            The trials whose loss or gradient is no longer finite; the caller takes them out.
        """
        started = time.perf_counter()
        # Before the first product: stacks take turns, and torch has one setting for all.
        set_matmul_precision(self._shared.device, self.key.matmul_precision)
        for slot in active:
            if slot.index is None:
                slot.plan(self.task)
                if changes_at(slot.config, slot.epoch):
                    self._crews.clear()  # they hold the settings of the epoch before
        members = self._crews.arrange(active)
        self._trained = True
        count = min(MAX_BLOCK, *(len(slot.planned()) - slot.step for slot in members))
        if self._seconds_a_step > 0:
            count = max(1, min(count, int(seconds / self._seconds_a_step)))
        ahead = stretch_of(members, count, self._shared.device)
        done: list[Taken] = []
        try:
            taken = self._crews.take(ahead, started, seconds, done)
        finally:  # what was taken before an error stands
            bad = [one for piece in done for one in _account(members, piece)]
        elapsed = time.perf_counter() - started
        for slot in members:
            slot.seconds += elapsed / len(members)
        self._seconds_a_step = elapsed / taken
        return bad


def _account(members: Sequence[Slot], taken: Taken) -> list[Divergence]:
    """Count the training steps that a crew took in its slots; the slots that diverged meanwhile."""
    # In float64, so that sums do not depend on how many training steps were taken at once.
    losses, norms = taken.results().double().cpu().numpy()
    members = members[taken.lo : taken.lo + losses.shape[1]]
    before = np.array([[slot.loss_sum for slot in members]])
    # A running sum, one training step after the other: np.sum would add in pairs.
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
