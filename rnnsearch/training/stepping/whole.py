"""Many training steps of plain networks in one call of a compiled kernel, from batch to update.

Forward pass, loss, backward pass, clipping and the optimizer's update all happen in
`kernels/compiled`; which networks are plain is decided in `choice`.
"""

from __future__ import annotations

import math
import time

import torch

from rnnsearch.training.kernels.compiled import CompiledStep
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Taken
from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.layers import LayerSteps
from rnnsearch.training.stepping.planner import Plan
from rnnsearch.training.stepping.stretch import Stretch

WHOLE = "whole steps"
"""Stands behind the kernels' names where one call does everything of a training step."""


class WholeSteps:
    """A `Stepper` for stacks that `choice` finds plain.

    Whether a task pads or weights its sequences is known batch by batch only; batches with padding
    or weights are taken layer by layer.
    """

    one_by_one = True

    def __init__(self, shared: Shared) -> None:
        network = shared.key.network
        self._layers = LayerSteps(shared)
        self.words = f"{self._layers.words}, {WHOLE}"
        self._network = shared.layers[0][1], network.num_layers, network.output_size
        self._aboard: tuple[object, CompiledStep] | None = None
        """The token of the crew that was last trained, and what trains it."""
        self._seconds_a_step = math.inf

    def release(self) -> bool:
        """Nothing is kept."""
        return False

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """See `Stepper`."""
        if ahead.longest is not None:
            self._layers.take(crew, ahead, taken)
            return
        for plan in crew.planner.plans(ahead):
            batch = plan.ahead.batch
            if batch.lengths is None and batch.weights is None:
                self._planned(crew, plan, taken)
            else:
                self._layers.planned(crew, plan, taken)
            if taken.left <= 0:
                return

    def _step_of(self, crew: Crew) -> CompiledStep:
        if self._aboard is None or self._aboard[0] is not crew.token:
            self._aboard = crew.token, CompiledStep(*self._network, crew.configs)
            self._seconds_a_step = math.inf
        return self._aboard[1]

    def _planned(self, crew: Crew, plan: Plan, taken: Taken) -> None:
        """Take the training steps of a plan, in as few calls as time allows; at least one."""
        used = [mask for mask in plan.ahead.masks if mask is not None]
        masks = torch.stack(used) if used else None
        compiled, done = self._step_of(crew), 0
        while done < len(plan):
            began, left, count = time.perf_counter(), taken.left, len(plan) - done
            if math.isfinite(left):
                count = max(1, min(count, int(left / self._seconds_a_step)))
            now = slice(done, done + count)
            some = None if masks is None else masks[:, now]
            factors = None if plan.factors is None else plan.factors[now]
            batch = plan.ahead.batch[now]
            taken.add(*compiled.run(batch.inputs, batch.targets, some, crew.rows, factors))
            crew.rows["total"].add_(count)
            done += count
            self._seconds_a_step = (time.perf_counter() - began) / count
            if taken.left <= 0:
                return
