"""Trials of one shape, trained as one batched tensor program.

A stack keeps a row a trial in every tensor. The rows in training come first, so that a step
works on a prefix, without copies and without masks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models.config import GATES
from rnnsearch.tasks.base import Task
from rnnsearch.tasks.streams import derive
from rnnsearch.training.chunk import Chunk
from rnnsearch.training.forward import layers_of
from rnnsearch.training.kernels.choice import awaited
from rnnsearch.training.layout import Layout
from rnnsearch.training.optimizers import moments
from rnnsearch.training.predictor import StackPredictor
from rnnsearch.training.rows import Rows
from rnnsearch.training.shapes import zero_state
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import StackKey
from rnnsearch.training.stretch import Stretch, stretch_of

MAX_BLOCK = 64
"""Steps between two looks at losses and gradient norms; bounds the waste behind a NaN."""

CHUNK_BYTES = {"cpu": 12 << 20}
"""Activations of the members that step together on a CPU. Measured from 2 to 48 MB on one core:
smaller chunks pay for dispatch, larger ones leave the cache."""

OTHER_CHUNK_BYTES = 4 << 30
"""The same on an accelerator, where memory is the limit; not measured."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A slot that stopped being finite: optimizer steps before the bad one, and the norm there."""

    slot: Slot
    step: int
    gradient_norm: float


class Stack:
    """Rows of parameters, optimizer state and carried state, and the step over them.

    The caller chooses the number of torch's threads; a pack is made for one.
    """

    def __init__(self, key: StackKey, task: Task, layout: Layout, device: torch.device) -> None:
        self.key = key
        self.task = task
        self.device = device
        self.dtype: torch.dtype = getattr(torch, key.dtype)
        self.slots: list[Slot] = []
        self.seconds_a_step = 0.0
        self._layout = layout
        self._active = 0
        self._chunks: list[Chunk] = []
        batch = key.window.batch_size
        state = zero_state(key.network, 1, batch, torch.device("meta"), self.dtype)
        self._rows = Rows(
            size=layout.size,
            moments=moments(key.rule),
            state=[tuple(part.shape[1:]) for part in state],
            dtype=self.dtype,
            device=device,
        )
        self._at_once = self._members_at_once()
        self._ahead = MAX_BLOCK
        self._awaited = True

    def _members_at_once(self) -> int:
        shape, steps = self.key.network, self.key.window.seq_len or 64
        units = sum(shape.widths) * shape.directions
        width = units * (2 * GATES.get(shape.cell, 4) + 4)
        bytes_a_member = steps * self.key.window.batch_size * width
        bytes_a_member *= self.dtype.itemsize
        return max(1, CHUNK_BYTES.get(self.device.type, OTHER_CHUNK_BYTES) // bytes_a_member)

    @property
    def kernel(self) -> str:
        """What computes its steps, in words; empty before the first."""
        return self._chunks[0].kernel if self._chunks else ""

    @property
    def awaited(self) -> bool:
        """Whether another process is compiling its kernels: to train it would be to wait."""
        if self._awaited:
            key = self.key
            steps, batch = key.window.seq_len or 1, key.window.batch_size
            layers = layers_of(key.network, 1, steps, batch, self.device, self.dtype)
            self._awaited = awaited(layers)
        return self._awaited

    # Rows come and go.

    def add(self, slot: Slot, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Take a trial aboard; rows that `arrays` does not name start at zero, powers at one.

        Raises:
            ValueError: A row has another shape than this stack's.
        """
        seed = derive(slot.config.seed, "dropout") & 0x7FFFFFFF
        self._rows.append(arrays, seed=seed, total=slot.total)
        self.slots.append(slot)
        self._chunks = []

    def take(self, slot: Slot) -> None:
        """Let a trial go."""
        place = self.slots.index(slot)
        self.slots[place] = self.slots[-1]
        self.slots.pop()
        self._rows.remove(place)
        self._chunks = []

    def arrays(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of a trial's rows, for `add` of another stack of this key."""
        return self._rows.arrays(self.slots.index(slot))

    # Training.

    def _arrange(self, active: Sequence[Slot]) -> None:
        """Bring the rows of `active` to the front."""
        wanted = set(active)
        if self._chunks and set(self.slots[: self._active]) == wanted:
            return
        order = sorted(range(len(self.slots)), key=lambda row: self.slots[row] not in wanted)
        if order != list(range(len(order))):
            self._rows.reorder(order)
            self.slots = [self.slots[row] for row in order]
        self._active = len(wanted)
        step = self._at_once
        self._chunks = [
            self._chunk(lo, min(lo + step, self._active)) for lo in range(0, self._active, step)
        ]

    def _chunk(self, lo: int, hi: int) -> Chunk:
        return Chunk(
            lo,
            self.slots[lo:hi],
            self._rows,
            key=self.key,
            task=self.task,
            layout=self._layout,
            most_ahead=self._ahead,
        )

    def run(self, active: Sequence[Slot], seconds: float) -> list[Bad]:
        """Take steps for all of `active` until one of them ends its epoch, or time is up.

        At least one step. Slots are advanced, their epochs not evaluated.

        Returns:
            Slots whose loss or gradient stopped being finite; the caller takes them out.
        """
        started = time.perf_counter()
        for slot in active:
            if slot.index is None:
                slot.plan(self.task)
        self._arrange(active)
        members = self.slots[: self._active]
        count = min(MAX_BLOCK, *(len(slot.planned()) - slot.step for slot in members))
        if self.seconds_a_step > 0:
            count = max(1, min(count, int(seconds / self.seconds_a_step)))
        ahead = stretch_of(members, count, self.device)
        found: list[Tensor] = []
        taken = count
        for chunk in self._chunks:
            # The first one decides how many steps there is time for, the others take as many.
            end = started + seconds * (chunk.hi - chunk.lo) / len(members)
            part = ahead.part(slice(taken), slice(chunk.lo, chunk.hi))
            found.append(self._steps(chunk, part, math.inf if found else end))
            taken = found[0].shape[1]
        # One transfer a block, in float64 so that sums do not depend on the blocks.
        losses, norms = torch.cat(found, 2).double().cpu().numpy()
        bad = self._account(members, losses, norms)
        elapsed = time.perf_counter() - started
        for slot in members:
            slot.seconds += elapsed / len(members)
        self.seconds_a_step = elapsed / taken
        if any(c.ahead > self._ahead or c.hi - c.lo > self._at_once for c in self._chunks):
            self._chunks = []  # memory ran out: smaller ones next time
        return bad

    def _account(
        self,
        members: Sequence[Slot],
        losses: np.ndarray[Any, Any],
        norms: np.ndarray[Any, Any],
    ) -> list[Bad]:
        """Advance the slots by a block; losses and norms [steps, K]."""
        taken = len(losses)
        before = np.array([[slot.loss_sum for slot in members]])
        # A running sum, step after step, whatever the blocks: np.sum would add in pairs.
        sums = np.concatenate([before, losses]).cumsum(axis=0)[-1]
        finite = np.isfinite(losses) & np.isfinite(norms)
        bad = []
        for place, slot in enumerate(members):
            if not finite[:, place].all():
                first = int(np.argmin(finite[:, place]))
                bad.append(Bad(slot, slot.total + first, float(norms[first, place])))
                continue
            slot.loss_sum = float(sums[place])
            slot.gradient_norm = float(norms[-1, place])
            slot.step += taken
            slot.total += taken
        return bad

    def _steps(self, chunk: Chunk, ahead: Stretch, end: float) -> Tensor:
        """Steps of a chunk that lie ahead, until `end`, in less memory where it runs out.

        Returns:
            Losses and gradient norms, [2, steps taken, K].
        """
        losses: list[Tensor] = []
        norms: list[Tensor] = []
        try:
            chunk.run(ahead, end, losses, norms)
        except (RuntimeError, MemoryError) as error:
            lo, hi = chunk.lo, chunk.hi
            if not out_of_memory(error) or (chunk.ahead == 1 and hi - lo == 1):
                raise
            rest = ahead.part(slice(len(losses), None))
            if chunk.ahead > 1:
                self._ahead = 1
                found = self._steps(self._chunk(lo, hi), rest, end)
            else:
                self._at_once = (hi - lo) // 2
                middle = lo + self._at_once
                half = rest.part(slice(None), slice(middle - lo))
                first = self._steps(self._chunk(lo, middle), half, end)
                rest = rest.part(slice(first.shape[1]), slice(middle - lo, None))
                second = self._steps(self._chunk(middle, hi), rest, math.inf)
                found = torch.cat([first, second], 2)
            if not losses:
                return found
            done = torch.stack([torch.stack(losses), torch.stack(norms)])
            return torch.cat([done, found], 1)
        return torch.stack([torch.stack(losses), torch.stack(norms)])

    # Epoch ends.

    def evaluate(self, slots: Sequence[Slot]) -> list[dict[str, float]]:
        """Validation metrics of each slot, computed together, in the order of `slots`."""
        found: dict[Slot, dict[str, float]] = {}
        for carry in (False, True):
            group = [slot for slot in slots if slot.config.training.carry_state is carry]
            for lo in range(0, len(group), self._at_once):
                part = group[lo : lo + self._at_once]
                found |= zip(part, self._metrics(part, carry), strict=True)
        return [found[slot] for slot in slots]

    def _metrics(self, slots: Sequence[Slot], carry: bool) -> list[dict[str, float]]:
        places = {slot: place for place, slot in enumerate(self.slots)}
        picks = torch.tensor([places[slot] for slot in slots], device=self.device)
        weights = self._layout.views(self._rows["parameters"][picks])
        carried = None
        if carry:
            carried = tuple(self._rows[name][picks] for name in self._rows.state_names)
        predictor = StackPredictor(self.key.network, weights, self.task.head)
        with torch.no_grad():
            metrics = self.task.evaluate(predictor, "val", carried)
        columns = {name: values.double().cpu().tolist() for name, values in metrics.items()}
        return [
            {name: float(column[number]) for name, column in columns.items()}
            for number in range(len(slots))
        ]

    def close_epoch(self, slot: Slot) -> None:
        """Ready for the next epoch: sums at zero, and the carried state where epochs end it."""
        slot.epoch += 1
        slot.step = 0
        slot.loss_sum = 0.0
        slot.seconds = 0.0
        slot.index = slot.factors = None
        if slot.config.training.carry_state and self.task.natural_epoch:
            place = self.slots.index(slot)
            for name in self._rows.state_names:
                self._rows[name][place] = 0

    def carried(self, slot: Slot) -> tuple[np.ndarray[Any, Any], ...]:
        """Copies of the parts of a trial's padded state."""
        place = self.slots.index(slot)
        return tuple(self._rows.array(name, place) for name in self._rows.state_names)

    def row(self, slot: Slot) -> np.ndarray[Any, Any]:
        """A copy of a trial's padded parameters."""
        return self._rows.array("parameters", self.slots.index(slot))


def out_of_memory(error: BaseException) -> bool:
    """Whether torch or Python ran out of memory, on whatever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # On a CPU torch raises a plain RuntimeError.
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
