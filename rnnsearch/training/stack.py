"""Trials of one shape, trained as one batched tensor program.

A stack keeps a row a trial in every tensor. The rows in training come first, so that a step
works on a prefix, without copies and without masks.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models.cells import gates_of
from rnnsearch.models.config import is_own
from rnnsearch.tasks.base import Task, Telling
from rnnsearch.tasks.streams import derive
from rnnsearch.training.chunk import Chunk, in_whole_steps
from rnnsearch.training.forward import layers_of
from rnnsearch.training.kernels.choice import awaited
from rnnsearch.training.layout import Layout
from rnnsearch.training.memory import out_of_memory
from rnnsearch.training.optimizers import moments
from rnnsearch.training.precision import set_matmul_precision
from rnnsearch.training.predictor import StackPredictor
from rnnsearch.training.rows import Rows
from rnnsearch.training.shapes import zero_state
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import StackKey
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.stepping.program import Program, Programs, width_of
from rnnsearch.training.stepping.step import StepInputs
from rnnsearch.training.stepping.stretch import Stretch, stretch_of
from rnnsearch.training.stepping.words import RECORDED

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


@dataclass(frozen=True, slots=True)
class _Done:
    """Steps that neighbouring rows took, from row `lo`: losses and norms [2, steps, K]."""

    lo: int
    found: Tensor


class Stack:
    """Rows of parameters, optimizer state and carried state, and the step over them.

    The caller chooses the number of torch's threads; a pack is made for one.
    """

    def __init__(
        self,
        key: StackKey,
        task: Task,
        layout: Layout,
        device: torch.device,
        recorder: Recorder | None = None,
    ) -> None:
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
        self._ahead = MAX_BLOCK
        self._programs: Programs | None = None
        # A user's own cell may look at numbers, which a recorded step cannot.
        if recorder is not None and not is_own(key.network.cell):
            self._programs = Programs(recorder, key, layout, task.head)
        self._whole = self._programs is None and in_whole_steps(key, task.head, device, self.dtype)
        self._evaluated_at_once = self._members_at_once()
        # Whole steps take one member after the other, in the memory of a single one.
        self._trained_at_once = sys.maxsize if self._whole else self._evaluated_at_once
        self._awaited = True

    def _members_at_once(self) -> int:
        shape, steps = self.key.network, self.key.window.seq_len or 64
        units = sum(shape.widths) * shape.directions
        width = units * (2 * gates_of(shape.cell) + 4)
        bytes_a_member = steps * self.key.window.batch_size * width
        bytes_a_member *= self.dtype.itemsize
        return max(1, CHUNK_BYTES.get(self.device.type, OTHER_CHUNK_BYTES) // bytes_a_member)

    @property
    def kernel(self) -> str:
        """What computes its steps, in words; empty before the first."""
        if not self._chunks or self._programs is None:
            return self._chunks[0].kernel if self._chunks else ""
        failure = self._programs.failure
        how = f"not recorded: {failure}" if failure else RECORDED
        return f"{self._chunks[0].kernel}, {how}"

    def release(self) -> bool:
        """Give back the memory of recorded steps; whether there were any."""
        return self._programs is not None and self._programs.clear()

    @property
    def awaited(self) -> bool:
        """Whether another process is compiling its kernels: to train it would be to wait."""
        if self._awaited:
            key = self.key
            steps, batch = key.window.seq_len or 1, key.window.batch_size
            layers = layers_of(key.network, 1, steps, batch, self.device, self.dtype)
            self._awaited = awaited(layers)
        return self._awaited

    def _set_precision(self) -> None:
        """Before its first product: stacks take turns, and torch has one setting for all."""
        set_matmul_precision(self.device, self.key.matmul_precision)

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

    def check_restored(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """See that a trial can go on from these rows here.

        Raises:
            PackError: It cannot.
        """
        self._rows.check_whole(arrays)

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
        step = self._trained_at_once
        self._chunks = [
            self._chunk(lo, min(lo + step, self._active)) for lo in range(0, self._active, step)
        ]

    def _chunk(self, lo: int, hi: int) -> Chunk:
        room = min(max(self._trained_at_once, hi - lo), self._rows.capacity - lo)
        width = width_of(hi - lo, room)

        def find(example: StepInputs) -> Program | None:
            assert self._programs is not None
            config = self.slots[lo].config.training
            return self._programs.find(self._rows, lo, width, example, config)

        return Chunk(
            lo,
            self.slots[lo:hi],
            self._rows,
            key=self.key,
            task=self.task,
            layout=self._layout,
            most_ahead=self._ahead,
            whole=self._whole,
            find=None if self._programs is None else find,
        )

    def run(self, active: Sequence[Slot], seconds: float) -> list[Bad]:
        """Take steps for all of `active` until one of them ends its epoch, or time is up.

        At least one step. Slots are advanced, their epochs not evaluated.

        Returns:
            Slots whose loss or gradient stopped being finite; the caller takes them out.
        """
        started = time.perf_counter()
        self._set_precision()
        for slot in active:
            if slot.index is None:
                slot.plan(self.task)
        self._arrange(active)
        members = self.slots[: self._active]
        count = min(MAX_BLOCK, *(len(slot.planned()) - slot.step for slot in members))
        if self.seconds_a_step > 0:
            count = max(1, min(count, int(seconds / self.seconds_a_step)))
        ahead = stretch_of(members, count, self.device)
        done: list[_Done] = []
        taken = count
        try:
            for chunk in self._chunks:
                # The first one decides how many steps there is time for, the others take as many.
                end = started + seconds * (chunk.hi - chunk.lo) / len(members)
                part = ahead.part(slice(taken), slice(chunk.lo, chunk.hi))
                taken = self._steps(chunk, part, math.inf if done else end, done)
        finally:  # the steps that were taken stand
            bad = [one for piece in done for one in self._account(members, piece)]
        elapsed = time.perf_counter() - started
        for slot in members:
            slot.seconds += elapsed / len(members)
        self.seconds_a_step = elapsed / taken
        if any(c.ahead > self._ahead or c.hi - c.lo > self._trained_at_once for c in self._chunks):
            self._chunks = []  # memory ran out: smaller ones next time
        return bad

    def _account(self, members: Sequence[Slot], done: _Done) -> list[Bad]:
        """Advance the slots that took some steps."""
        # In float64, so that sums do not depend on the blocks.
        losses, norms = done.found.double().cpu().numpy()
        taken = len(losses)
        members = members[done.lo : done.lo + losses.shape[1]]
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

    def _steps(self, chunk: Chunk, ahead: Stretch, end: float, done: list[_Done]) -> int:
        """Steps of a chunk that lie ahead, until `end`, in less memory where it runs out.

        Args:
            done: Gets the steps that were taken, also where this raises.

        Returns:
            How many they are.
        """
        lo, hi = chunk.lo, chunk.hi
        losses: list[Tensor] = []
        norms: list[Tensor] = []
        short = False
        try:
            chunk.run(ahead, end, losses, norms)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error) or (chunk.ahead == 1 and hi - lo == 1):
                raise
            short = True  # go on outside: the error holds the tensors of the step that failed
        finally:
            if losses:
                done.append(_Done(lo, torch.stack([torch.stack(losses), torch.stack(norms)])))
        if not short:
            return len(losses)
        if self._programs is not None:
            self._programs.clear()
        rest = ahead.part(slice(len(losses), None))
        if chunk.ahead > 1:
            self._ahead = 1
            return len(losses) + self._steps(self._chunk(lo, hi), rest, end, done)
        self._trained_at_once = (hi - lo) // 2
        middle = lo + self._trained_at_once
        half = rest.part(slice(None), slice(middle - lo))
        first = self._steps(self._chunk(lo, middle), half, end, done)
        rest = rest.part(slice(first), slice(middle - lo, None))
        self._steps(self._chunk(middle, hi), rest, math.inf, done)
        return len(losses) + first

    # Epoch ends.

    def evaluate(self, slots: Sequence[Slot]) -> list[dict[str, float]]:
        """Validation metrics of each slot, computed together, in the order of `slots`."""
        self._set_precision()
        found: dict[Slot, dict[str, float]] = {}
        for carry in (False, True):
            group = [slot for slot in slots if slot.config.training.carry_state is carry]
            size = self._evaluated_at_once
            while group:
                metrics = self._metrics_or_none(group[:size], carry)
                if metrics is None:
                    size = max(1, size // 2)
                    continue
                found |= zip(group[:size], metrics, strict=True)
                group = group[size:]
        return [found[slot] for slot in slots]

    def _metrics_or_none(self, slots: Sequence[Slot], carry: bool) -> list[dict[str, float]] | None:
        """None where memory ran out, and there is something to do about it."""
        try:
            return self._metrics(slots, carry)
        except (RuntimeError, MemoryError) as error:
            if out_of_memory(error) and (self.release() or len(slots) > 1):
                return None
            raise

    def _metrics(self, slots: Sequence[Slot], carry: bool) -> list[dict[str, float]]:
        picks = self._picks(slots)
        carried = None
        if carry:
            carried = tuple(self._rows[name][picks] for name in self._rows.state_names)
        predictor = self._predictor(picks)
        with torch.no_grad():
            metrics = self.task.evaluate(predictor, "val", carried)
        columns = {name: values.double().cpu().tolist() for name, values in metrics.items()}
        return [
            {name: float(column[number]) for name, column in columns.items()}
            for number in range(len(slots))
        ]

    def words(self, slots: Sequence[Slot]) -> list[str]:
        """What each slot's network answers, where its task tells it; else nothing."""
        if not (isinstance(self.task, Telling) and self.task.tells):
            return [""] * len(slots)
        with torch.no_grad():
            return self.task.words(self._predictor(self._picks(slots)))

    def _picks(self, slots: Sequence[Slot]) -> Tensor:
        """The rows of some slots."""
        places = {slot: place for place, slot in enumerate(self.slots)}
        return torch.tensor([places[slot] for slot in slots], device=self.device)

    def _predictor(self, picks: Tensor) -> StackPredictor:
        weights = self._layout.views(self._rows["parameters"][picks])
        return StackPredictor(self.key.network, weights, self.task.head)

    def close_epoch(self, slot: Slot) -> None:
        """Ready for the next epoch: sums at zero, and the carried state where epochs end it."""
        slot.epoch += 1
        slot.step = 0
        slot.loss_sum = 0.0
        slot.seconds = 0.0
        slot.index = slot.longest = slot.factors = None
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
