"""Whole training steps of many members in one call: forward, loss, backward, clip, update.

The outer loop is over members and the inner one over training steps, so that a small member's
weights stay in the first-level cache. As in `layer`, a member's numbers depend on its own rows
alone.

Layers are computed by `member`, which reads the weights where they lie in the rows of parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rnnsearch.training.kernels.compiled.cell import CompiledCell
from rnnsearch.training.kernels.compiled.head import head_backward, head_forward, head_weights
from rnnsearch.training.kernels.compiled.layout import Gradients, Tensors, divide_kept, padded
from rnnsearch.training.kernels.compiled.member import member_backward, member_forward
from rnnsearch.training.kernels.compiled.moves import copy_vectors, fill_one, fill_zero, multiply
from rnnsearch.training.kernels.compiled.parts import jit, jit_apart, jit_inside
from rnnsearch.training.kernels.compiled.step_layout import (
    COLUMN,
    StepNumbers,
    StepScratch,
    StepSizes,
    StepTensors,
    divide_step,
    layer_dropped,
    layer_leaves,
    layer_outputs,
    layer_scratch,
    layer_sizes,
)
from rnnsearch.training.kernels.compiled.update import sum_of_squares, update
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES


@jit
def _layer(
    sizes: StepSizes, at: StepTensors, scratch: StepScratch, inputs: int, layer: int
) -> Tensors:
    """The addresses for one layer of the member at `at`, which reads `inputs` or the layer
    below."""
    leaves = layer_leaves(sizes, layer)
    weights = at.parameters
    states = FLOAT_BYTES * layer * sizes.batch * sizes.hidden
    if layer > 0:
        inputs = layer_dropped(sizes, layer_outputs(sizes, scratch.layers, layer - 1))
    return Tensors(
        inputs=inputs, w_ih=weights + FLOAT_BYTES * leaves.w_ih,
        w_hh=weights + FLOAT_BYTES * leaves.w_hh, b_ih=weights + FLOAT_BYTES * leaves.b_ih,
        b_hh=weights + FLOAT_BYTES * leaves.b_hh, h_first=at.h + states, c_first=at.c + states,
        outputs=layer_outputs(sizes, scratch.layers, layer), h_last=0, c_last=0, lengths=0, kept=0,
        scratch=0,
    )  # fmt: skip


@jit
def _regions(sizes: StepSizes, scratch: StepScratch, layer: int) -> Any:
    inner = layer_sizes(sizes, layer)
    regions = layer_scratch(sizes, layer_outputs(sizes, scratch.layers, layer), layer)
    return inner, regions, divide_kept(regions.kept, inner)


@jit_apart
def _gradients(
    forward_step: Any,
    backward_step: Any,
    sizes: StepSizes,
    at: StepTensors,
    scratch: StepScratch,
) -> float:
    """The loss of the member at `at`; its gradients go into the scratch buffer's row of
    gradients."""
    floats = sizes.steps * sizes.batch * sizes.hidden
    for layer in range(sizes.layers):
        inner, regions, kept = _regions(sizes, scratch, layer)
        tensors = _layer(sizes, at, scratch, at.inputs, layer)
        member_forward(forward_step, inner, tensors, regions, kept)
        if sizes.mask and layer < sizes.layers - 1:
            masks = at.masks + FLOAT_BYTES * layer * sizes.mask
            multiply(floats, tensors.outputs, masks, layer_dropped(sizes, tensors.outputs))
    hidden = layer_outputs(sizes, scratch.layers, sizes.layers - 1)
    loss = head_forward(sizes, at, scratch, hidden)
    head_backward(sizes, at, scratch, hidden)
    for layer in range(sizes.layers - 1, -1, -1):
        inner, regions, kept = _regions(sizes, scratch, layer)
        tensors = _layer(sizes, at, scratch, at.inputs, layer)
        leaves = layer_leaves(sizes, layer)
        last = layer == sizes.layers - 1
        one_row = last and sizes.outputs == 1
        # The gradients in a layer's inputs overwrite those in its outputs, which are read before.
        gradients = Gradients(
            outputs=head_weights(sizes, at) if one_row else scratch.d_outputs, h_last=0, c_last=0,
            inputs=scratch.d_outputs if layer > 0 else 0,
            w_ih=scratch.gradients + FLOAT_BYTES * leaves.w_ih,
            w_hh=scratch.gradients + FLOAT_BYTES * leaves.w_hh,
            b_ih=scratch.gradients + FLOAT_BYTES * leaves.b_ih,
            b_hh=scratch.gradients + FLOAT_BYTES * leaves.b_hh, h_first=0, c_first=0,
            factors=scratch.errors if one_row else 0,
        )  # fmt: skip
        if sizes.mask and not last:
            masks = at.masks + FLOAT_BYTES * layer * sizes.mask
            multiply(floats, scratch.d_outputs, masks, scratch.d_outputs)
        member_backward(backward_step, inner, tensors, regions, kept, gradients, 0)
    return loss


@jit_apart
def _carry(sizes: StepSizes, at: StepTensors, scratch: StepScratch) -> None:
    """Let the next training step start from the states after the last time step of this one."""
    floats = sizes.batch * sizes.hidden
    state = FLOAT_BYTES * floats
    last = (sizes.steps - 1) * state
    for layer in range(sizes.layers):
        copy_vectors(
            floats, layer_outputs(sizes, scratch.layers, layer) + last, at.h + layer * state
        )
        if sizes.memory:
            kept = _regions(sizes, scratch, layer)[2]
            copy_vectors(floats, kept.cells + last, at.c + layer * state)


@jit
def _member(sizes: StepSizes, tensors: StepTensors, s: int, k: int) -> StepTensors:
    """The addresses of member k in training step s."""
    rows = FLOAT_BYTES * (s * sizes.members + k) * sizes.steps * sizes.batch
    row = FLOAT_BYTES * k * sizes.row
    states = FLOAT_BYTES * k * sizes.layers * sizes.batch * sizes.hidden
    return StepTensors(
        inputs=tensors.inputs + rows * sizes.inputs,
        targets=tensors.targets + rows * sizes.outputs, masks=tensors.masks + rows * sizes.hidden,
        parameters=tensors.parameters + row, first=tensors.first + row,
        second=tensors.second + row, h=tensors.h + states, c=tensors.c + states,
        scratch=tensors.scratch,
    )  # fmt: skip


@jit_inside
def _run_steps(
    forward_step: Any,
    backward_step: Any,
    sizes: StepSizes,
    tensors: StepTensors,
    numbers: StepNumbers,
) -> None:
    scratch = divide_step(tensors.scratch, sizes)
    fill_one(scratch.ones)
    fill_zero(sizes.hidden, scratch.zeros)
    fill_zero(sizes.hidden * padded(sizes.outputs), scratch.head_panels)
    for k in range(sizes.members):
        for s in range(sizes.updates):
            at = _member(sizes, tensors, s, k)
            loss = np.float32(_gradients(forward_step, backward_step, sizes, at, scratch))
            squares = sum_of_squares(sizes.row, scratch.gradients, scratch.squares)
            norm = np.float32(math.sqrt(squares))
            if not (math.isfinite(loss) and math.isfinite(norm)):
                numbers.losses[s:, k] = loss
                numbers.norms[s:, k] = norm
                break
            numbers.losses[s, k] = loss
            numbers.norms[s, k] = norm
            settings = numbers.settings[k]
            update(sizes, at, scratch, norm, numbers.rates[s, k], settings, numbers.powers[k])
            if settings[COLUMN.carry] != 0.0:
                _carry(sizes, at, scratch)


def steps_function(cell: CompiledCell) -> Callable[[StepSizes, StepTensors, StepNumbers], None]:
    """The function that takes all training steps of all members, for numba to compile.

    A member whose loss or norm is not finite stays as it was before that training step, and its
    later losses and norms repeat that step's.
    """
    forward, backward = cell.forward, cell.backward

    def steps(sizes: StepSizes, tensors: StepTensors, numbers: StepNumbers) -> None:
        _run_steps(forward, backward, sizes, tensors, numbers)

    return steps
