"""Neighbouring rows of a stack that step together, and their steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from rnnsearch.tasks.base import Head, Task
from rnnsearch.training.forward import layers_of
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.kernels.compiled.step import CompiledStep, StepShape
from rnnsearch.training.layout import Layout
from rnnsearch.training.optimizers import corrections, settings
from rnnsearch.training.packed import valid_rows
from rnnsearch.training.rows import Rows
from rnnsearch.training.shapes import layer_state
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import StackKey
from rnnsearch.training.stepping.planner import Plan, Planner
from rnnsearch.training.stepping.program import Program
from rnnsearch.training.stepping.step import StepBody, StepInputs
from rnnsearch.training.stepping.stretch import Stretch
from rnnsearch.training.stepping.unequal import parts
from rnnsearch.training.stepping.words import named

if TYPE_CHECKING:
    from numpy.typing import NDArray


def in_whole_steps(key: StackKey, head: Head, device: torch.device, dtype: torch.dtype) -> bool:
    """Whether one call of a compiled kernel takes whole steps of such trials.

    It trains member after member in the memory of one, so that any number of them share a call.
    """
    steps, batch = key.window.seq_len or 1, key.window.batch_size
    layers = layers_of(key.network, 1, steps, batch, device, dtype)
    plain = key.plain and key.network.whole_step and head == "every"
    return plain and whole_steps(kernel for kernel, _ in layers)


class Chunk:
    """Views of the rows from `lo` to `hi` (not included) of every tensor, and steps of them.

    Args:
        slots: Of these rows; they and the rows must stay in their places while a chunk is used.
        most_ahead: Steps that may be planned at once.
        whole: Whether they are taken as whole steps; see `in_whole_steps`.
        find: The recorded step of these rows for inputs of such shapes, or None where it is to be
            taken operator by operator; itself None where nothing is recorded.
    """

    def __init__(
        self,
        lo: int,
        slots: Sequence[Slot],
        rows: Rows,
        *,
        key: StackKey,
        task: Task,
        layout: Layout,
        most_ahead: int,
        whole: bool,
        find: Callable[[StepInputs], Program | None] | None = None,
    ) -> None:
        self.lo = lo
        self.hi = lo + len(slots)
        self._find = find
        self._token = object()
        """Stands for these trials before a program."""
        self._network = network = key.network
        self._rows = {name: whole[self.lo : self.hi] for name, whole in rows.tensors.items()}
        self._states = tuple(self._rows[name] for name in rows.state_names)
        parameters = self._rows["parameters"]
        self._body = StepBody(self._rows, key, layout, task.head)
        device, self._dtype = parameters.device, parameters.dtype
        configs = [slot.config for slot in slots]
        self._configs = [config.training for config in configs]
        self._settings = settings(self._configs, device, self._dtype)
        carried = [config.training.carry_state for config in configs]
        self._carries = any(carried)
        self._carried = torch.tensor(carried, device=device).view(-1, 1, 1)
        """[K, 1, 1], whether a trial carries its state."""
        self._all_carry = all(carried)
        self._zero = parameters.new_zeros(())
        self._planner = Planner(
            configs,
            self._rows,
            key=key,
            task=task,
            dtype=self._dtype,
            most_ahead=most_ahead,
        )
        self._seconds_a_step = math.inf
        self._whole: CompiledStep | None = None
        steps, batch = key.window.seq_len or 1, key.window.batch_size
        layers = layers_of(network, len(slots), steps, batch, device, self._dtype)
        if whole:
            shape = StepShape(
                cell=network.cell,
                nonlinearity=network.nonlinearity,
                hidden_size=network.widths[0],
                num_layers=network.num_layers,
                input_size=network.input_size,
                output_size=network.output_size,
                adaptive=key.rule == "adam",
            )
            self._whole = CompiledStep(shape, self._configs)
        # Of batches of unequal length; see `unequal`.
        inner = network.input_size + 2 * sum(network.widths)
        self._numbers_a_step = batch * inner
        teacher = key.feeding.kind == "teacher"
        self._mixed = network.by_hand and teacher and whole_steps(kernel for kernel, _ in layers)
        self.kernel = named(network, layers, whole=self._whole is not None)
        """What computes it, in words."""

    @property
    def ahead(self) -> int:
        """Steps that are planned at once."""
        return self._planner.ahead

    @torch.no_grad()
    def run(self, ahead: Stretch, end: float, losses: list[Tensor], norms: list[Tensor]) -> None:
        """Take steps until those ahead are done, or it is later than `end`; at least one.

        When memory runs out, the steps that were taken stand, and the next changed nothing.

        Args:
            end: As `time.perf_counter` counts.
            losses: Gets one [K] a step.
            norms: The same of gradients before clipping.
        """
        if ahead.longest is not None:
            if self._find is None:
                self._unequal(ahead, ahead.longest, end, losses, norms)
            else:
                self._unequal_replayed(self._find, ahead, ahead.longest, end, losses, norms)
            return
        for lo in range(0, len(ahead), self.ahead):
            plan = self._planner.plan(ahead.part(slice(lo, lo + self.ahead)))
            program = None if self._find is None else self._find(_inputs(plan, 0))
            if program is not None:
                self._replayed(program, plan, end, losses, norms)
            elif self._whole is not None and plan.batch.lengths is None:
                self._whole_steps(plan, end, losses, norms)
            else:
                self._by_hand(plan, end, losses, norms)
            if time.perf_counter() >= end:
                return

    def _whole_steps(
        self, plan: Plan, end: float, losses: list[Tensor], norms: list[Tensor]
    ) -> None:
        """Steps in one call of a kernel, as many as there is time for."""
        assert self._whole is not None
        total, taken = len(plan.batch.inputs), 0
        between = [mask for mask in plan.masks if mask is not None]
        masks = torch.stack(between) if between else None
        while taken < total:
            began = time.perf_counter()
            count = total - taken
            if math.isfinite(end):
                count = max(1, min(count, int((end - began) / self._seconds_a_step)))
            now = slice(taken, taken + count)
            some = None if masks is None else masks[:, now]
            batch = plan.batch[now]
            factors = None if plan.factors is None else plan.factors[now]
            found = self._whole.run(batch.inputs, batch.targets, some, self._rows, factors)
            losses += found[0].unbind()
            norms += found[1].unbind()
            self._rows["total"].add_(count)
            taken += count
            self._seconds_a_step = (time.perf_counter() - began) / count
            if time.perf_counter() >= end:
                return

    def _by_hand(self, plan: Plan, end: float, losses: list[Tensor], norms: list[Tensor]) -> None:
        """Step after step through the layers' own kernels."""
        steps, before = len(plan.batch.inputs), len(losses)
        powers = corrections(self._settings, self._rows["powers"], steps, self._dtype, plan.factors)
        state = self._state()
        try:
            for number in range(steps):
                now = _inputs(plan, number)
                found, norm = self._body(now, self._settings, powers, number, state)
                state = self._following(state, found.after)
                losses.append(found.losses)
                norms.append(norm)
                if time.perf_counter() >= end:
                    return
        finally:
            taken = len(losses) - before
            self._rows["powers"].copy_(powers.powers[taken])
            self._rows["total"].add_(taken)
            self._hold(state)

    def _replayed(
        self, program: Program, plan: Plan, end: float, losses: list[Tensor], norms: list[Tensor]
    ) -> None:
        """Recorded steps, one after the other."""
        program.board(self._token, self._configs, self._carried)
        steps, count, taken = len(plan.batch.inputs), self.hi - self.lo, 0
        found = self._zero.new_empty(steps, 2, count)
        try:
            with program.kept(count):
                for number in range(steps):
                    factors = None if plan.factors is None else plan.factors[number]
                    program.step(_inputs(plan, number), factors, found[number])
                    taken += 1
                    if time.perf_counter() >= end:
                        return
        finally:
            losses += found[:taken, 0].unbind()
            norms += found[:taken, 1].unbind()
            self._rows["total"].add_(taken)

    # Batches that end at their own longest sequence.

    def _unequal(
        self,
        ahead: Stretch,
        longest: NDArray[np.int64],
        end: float,
        losses: list[Tensor],
        norms: list[Tensor],
    ) -> None:
        """Step after step, in as many parts as `parts` says."""
        on_host = self._zero.device.type == "cpu"
        powers = corrections(
            self._settings, self._rows["powers"], len(ahead), self._dtype, ahead.factors
        )
        state, taken = self._state(), 0
        try:
            for number in range(len(ahead)):
                now = ahead.part(slice(number, number + 1))
                shares = []
                sharing = parts(longest[number], self._numbers_a_step, mixed=self._mixed)
                for steps, who in sharing:
                    plan = self._planner.plan(now.part(slice(None), who), steps, who)
                    inputs = _inputs(plan, 0)
                    if on_host and inputs.batch.lengths is not None:
                        rows = valid_rows(inputs.batch.lengths, inputs.batch.inputs.shape[1])
                        inputs = replace(inputs, rows=rows)
                    shares.append((who, inputs))
                found, norm = self._body.unequal(shares, self._settings, powers, number, state)
                losses.append(found)
                norms.append(norm)
                self._rows["total"].add_(1)
                taken += 1
                if time.perf_counter() >= end:
                    return
        finally:
            self._rows["powers"].copy_(powers.powers[taken])

    def _unequal_replayed(
        self,
        find: Callable[[StepInputs], Program | None],
        ahead: Stretch,
        longest: NDArray[np.int64],
        end: float,
        losses: list[Tensor],
        norms: list[Tensor],
    ) -> None:
        """The same of recorded steps: all trials to one length, of which there are few."""
        for number in range(len(ahead)):
            steps = 1 << (int(longest[number].max()) - 1).bit_length()
            plan = self._planner.plan(ahead.part(slice(number, number + 1)), steps)
            program = find(_inputs(plan, 0))
            if program is None:
                self._by_hand(plan, end, losses, norms)
            else:
                self._replayed(program, plan, end, losses, norms)
            if time.perf_counter() >= end:
                return

    # The state from step to step. A row of a trial that carries nothing stays zero, so that every
    # trial starts from its row.

    def _state(self) -> list[State]:
        return layer_state(self._network, self._states)

    def _following(self, state: list[State], after: list[State]) -> list[State]:
        if not self._carries:
            return state
        if self._all_carry:
            return after
        return [
            tuple(torch.where(self._carried, part, self._zero) for part in parts) for parts in after
        ]

    def _hold(self, state: list[State]) -> None:
        if self._carries:
            for held, parts in zip(self._states, zip(*state, strict=True), strict=True):
                for layer, part in enumerate(parts):
                    held[:, layer, :, : part.shape[-1]] = part


def _inputs(plan: Plan, number: int) -> StepInputs:
    """What one step of a plan reads; views."""
    return StepInputs(
        plan.batch[number],
        [None if mask is None else mask[number] for mask in plan.masks],
        None if plan.own is None else plan.own[number],
    )
