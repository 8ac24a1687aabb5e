"""Neighbouring rows of a stack that step together, and their steps."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from rnnsearch.tasks.base import Task
from rnnsearch.training.feeding import own_inputs
from rnnsearch.training.forward import layers_of
from rnnsearch.training.gradients import training_pass
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.kernels.compiled.step import CompiledStep, StepShape
from rnnsearch.training.kernels.table import named
from rnnsearch.training.layout import Layout
from rnnsearch.training.optimizers import (
    Corrections,
    clip_,
    clip_values_,
    corrections,
    settings,
    update_,
)
from rnnsearch.training.planner import Plan, Planner
from rnnsearch.training.rows import Rows
from rnnsearch.training.shapes import layer_state
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import StackKey
from rnnsearch.training.stretch import Stretch


class Chunk:
    """Views of the rows from `lo` to `hi` (not included) of every tensor, and steps of them.

    Args:
        slots: Of these rows; they and the rows must stay in their places while a chunk is used.
        most_ahead: Steps that may be planned at once.
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
    ) -> None:
        self.lo = lo
        self.hi = lo + len(slots)
        self._key = key
        self._head = task.head
        self._network = network = key.network
        self._layout = layout
        self._rows = {name: whole[self.lo : self.hi] for name, whole in rows.tensors.items()}
        self._states = tuple(self._rows[name] for name in rows.state_names)
        parameters = self._rows["parameters"]
        self._weights = layout.views(parameters)
        device, self._dtype = parameters.device, parameters.dtype
        configs = [slot.config for slot in slots]
        self._settings = settings([c.training for c in configs], device, self._dtype)
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
        plain = key.plain and network.whole_step and task.head == "every"
        if plain and whole_steps(kernel for kernel, _ in layers):
            shape = StepShape(
                cell=network.cell,  # type: ignore[arg-type]  # one of CLASSIC
                nonlinearity=network.nonlinearity,
                hidden_size=network.widths[0],
                num_layers=network.num_layers,
                input_size=network.input_size,
                output_size=network.output_size,
                adaptive=key.rule == "adam",
            )
            self._whole = CompiledStep(shape, [config.training for config in configs])
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
        for lo in range(0, len(ahead), self.ahead):
            plan = self._planner.plan(ahead.part(slice(lo, lo + self.ahead)))
            whole = self._whole is not None and plan.batch.lengths is None
            (self._whole_steps if whole else self._by_hand)(plan, end, losses, norms)
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
                loss, norm, state = self._step(plan, powers, number, state)
                losses.append(loss)
                norms.append(norm)
                if time.perf_counter() >= end:
                    return
        finally:
            taken = len(losses) - before
            self._rows["powers"].copy_(powers.powers[taken])
            self._rows["total"].add_(taken)
            self._hold(state)

    def _step(
        self, plan: Plan, powers: Corrections, number: int, state: list[State]
    ) -> tuple[Tensor, Tensor, list[State]]:
        """One optimizer step: losses, gradient norms, and the state that the next one starts from.

        The update comes last, so that nothing is changed when memory runs out before it.
        """
        batch = plan.batch[number]
        masks = [None if mask is None else mask[number] for mask in plan.masks]
        if plan.own is not None:
            first = self._key.feeding.first_own(batch.inputs.shape[1])
            inputs = own_inputs(
                self._network, self._weights, batch.inputs, plan.own[number], first, state, masks
            )
            batch = replace(batch, inputs=inputs)
        found = training_pass(
            self._network, self._weights, batch, self._key.loss, self._head, state, masks
        )
        rows, how = self._rows, self._settings
        gradients = rows["gradients"]
        self._layout.join(found.gradients, gradients)
        norm = torch.linalg.vector_norm(gradients, dim=1)
        following = self._following(state, found.after)
        largest = norm
        if how.clip_value is not None:
            clip_values_(gradients, how.clip_value)
            largest = torch.linalg.vector_norm(gradients, dim=1)
        if how.clip_norm is not None:
            clip_(gradients, largest, how.clip_norm)
        update_(
            how,
            rows["parameters"],
            gradients,
            rows["first"],
            rows.get("second"),
            powers,
            number,
        )
        return found.losses, norm, following

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
