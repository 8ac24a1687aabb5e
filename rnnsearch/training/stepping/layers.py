"""Training steps layer by layer, operator after operator: every trial can be trained so.

A batch may end at its own longest sequence, and a trial's numbers must not depend on the longer
batch of another trial. Compiled layers stop each trial at its own end, and everything outside of
the layers reads valid time steps alone or is computed time step by time step. So trials of
different lengths share a call of compiled layers as long as that is cheaper than a call each. Other
kernels sum over all time steps of a call, so with them only trials that are padded to one length
share it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import is_custom
from rnnsearch.training.custom_cells import slow_reason
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.networks import Layers
from rnnsearch.training.optimizers import corrections
from rnnsearch.training.packed import valid_rows
from rnnsearch.training.shapes import NetworkShape
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Taken
from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.planner import Plan
from rnnsearch.training.stepping.stretch import Places, Stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED_NUMBERS = 1 << 16
"""How many numbers of a trial may be padding so that it shares the call of other trials. It is an
estimate of what the forty operators of a separate call cost."""


class LayerSteps:
    """A `Stepper` that calls a kernel for each layer, and torch's operators between them."""

    one_by_one = False

    def __init__(self, shared: Shared) -> None:
        network = shared.key.network
        loss = shared.key.loss
        self.words = layer_words(network, shared.layers, shared.device, shared.dtype)
        self.words += ", own loss" * loss.custom
        self.words += ", own optimizer" * (shared.key.rule == "custom")
        self._dtype = shared.dtype
        self._on_host = shared.device.type == "cpu"
        inner = network.input_size + 2 * sum(network.widths)
        self._numbers_a_step = shared.key.window.batch_size * inner
        compiled = whole_steps(kernel for kernel, _ in shared.layers)
        taught = shared.key.feeding.kind == "teacher"
        # The head's sums run over the padding too where the loss is custom.
        self._mixed = network.by_hand and taught and compiled and not loss.custom

    def release(self) -> bool:
        """Nothing is kept between training steps."""
        return False

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """See `Stepper`."""
        if ahead.longest is not None:
            self._unequal(crew, ahead, ahead.longest, taken)
            return
        for plan in crew.planner.plans(ahead):
            self.planned(crew, plan, taken)
            if taken.left <= 0:
                return

    def planned(self, crew: Crew, plan: Plan, taken: Taken) -> None:
        """Take the training steps of a plan, until time is up; at least one."""
        before = taken.count
        rows, state = crew.rows, crew.state()
        powers = corrections(crew.settings, rows["powers"], len(plan), self._dtype, plan.factors)
        try:
            for number in range(len(plan)):
                now = plan.inputs(number)
                one_pass, norms = crew.body(now, crew.settings, powers, number, state)
                state = crew.following(state, one_pass.after)
                taken.add(one_pass.losses.unsqueeze(0), norms.unsqueeze(0))
                if taken.left <= 0:
                    return
        finally:
            rows["powers"].copy_(powers.powers[taken.count - before])
            rows["total"].add_(taken.count - before)
            crew.hold(state)

    def _unequal(
        self, crew: Crew, ahead: Stretch, longest: NDArray[np.int64], taken: Taken
    ) -> None:
        """Take training steps of batches that end at their own longest sequence.

        No trial carries a state here.

        Args:
            longest: Time steps of the longest sequence of each batch, [n, K].
        """
        before = taken.count
        rows, state = crew.rows, crew.state()
        powers = corrections(crew.settings, rows["powers"], len(ahead), self._dtype, ahead.factors)
        try:
            for number in range(len(ahead)):
                now = ahead.part(slice(number, number + 1))
                shares = []
                sharing = parts(longest[number], self._numbers_a_step, mixed=self._mixed)
                for steps, who in sharing:
                    plan = crew.planner.plan(now.part(slice(None), who), steps, who)
                    inputs = plan.inputs(0)
                    if self._on_host and inputs.batch.lengths is not None:
                        valid = valid_rows(inputs.batch.lengths, inputs.batch.inputs.shape[1])
                        inputs = replace(inputs, rows=valid)
                    shares.append((who, inputs))
                losses, norms = crew.body.unequal(shares, crew.settings, powers, number, state)
                taken.add(losses.unsqueeze(0), norms.unsqueeze(0))
                rows["total"].add_(1)
                if taken.left <= 0:
                    return
        finally:
            rows["powers"].copy_(powers.powers[taken.count - before])


def layer_words(
    network: NetworkShape, layers: Layers, device: torch.device, dtype: torch.dtype
) -> str:
    """The names of the kernels of a network's layers, such as `compiled` or `modules, batched`.

    A cell that computes a layer of all trials at once has a `scan`. Cells without either go the
    `slow path`: trial after trial, and time step after time step. What people bring is `fused` over
    the trials, or goes the `slow path` for a reason.
    """
    if is_custom(network.cell):
        what = "own cell" if network.custom is None else "own network"
        reason = slow_reason(network, device, dtype)
        return f"{what}, slow path: {reason}" if reason else f"{what}, fused"
    without = "scan" if CELLS[network.cell].scan else "slow path"
    return ", ".join(dict.fromkeys(kernel.name for kernel, _ in layers)) or without


def padded_steps(longest: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many time steps batches are padded to.

    There are four lengths between a power of two and the next, so that trials often share one.

    Args:
        longest: Time steps of the longest sequence of each batch.
    """
    octave = np.floor(np.log2(np.maximum(longest - 1, 1))).astype(np.int64)
    step = np.maximum(4, 1 << np.maximum(octave - 2, 0))
    padded: NDArray[np.int64] = -(-longest // step) * step
    return padded


def parts(
    longest: NDArray[np.int64], numbers_a_step: int, *, mixed: bool
) -> list[tuple[int, Places]]:
    """Which trials share a call.

    Args:
        longest: Time steps of the longest sequence of each trial's batch, int64 [K].
        numbers_a_step: How many inputs and activations one trial has in one time step.
        mixed: Whether trials may be padded to more than their own length.

    Returns:
        For each call the time steps to which its batches are padded, and its trials.
    """
    padded = padded_steps(longest)
    calls: list[tuple[int, Places]] = []
    rest = np.unique(padded)[::-1]
    while len(rest):
        most = int(rest[0])
        room = SHARED_NUMBERS // numbers_a_step if mixed else 0
        least = max(1, most - room)
        calls.append((most, _places((padded <= most) & (padded >= least))))
        rest = rest[rest < least]
    return calls


def _places(chosen: NDArray[np.bool_]) -> Places:
    """The places that are true: a slice where they are neighbours, since to index by one copies
    nothing, and else a list."""
    places = np.flatnonzero(chosen).tolist()
    first, last = places[0], places[-1]
    return slice(first, last + 1) if last - first + 1 == len(places) else places
