"""What a call that takes whole training steps is given, and how its scratch buffer is divided."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnsearch.training.kernels.compiled.layout import (
    Scratch,
    Sizes,
    after,
    divide_kept,
    divide_scratch,
    padded,
)
from rnnsearch.training.kernels.compiled.parts import jit_and_python
from rnnsearch.training.kernels.compiled.vectors import LANES


class StepSizes(NamedTuple):
    """The axes of a call that takes S training steps of K members, and the properties of the
    cell."""

    members: int
    updates: int  # S
    layers: int
    steps: int  # time steps, T
    batch: int
    inputs: int
    outputs: int
    hidden: int
    gates: int  # as in `Sizes`, and so the next three
    apart: int
    memory: int
    gated: int
    row: int  # floats of a row of parameters
    adaptive: int  # 1: Adam or AdamW; 0: SGD
    mask: int  # floats from a layer's dropout masks to the next layer's; 0 for no dropout


class StepTensors(NamedTuple):
    """Addresses of contiguous float32 tensors."""

    inputs: int  # [S, K, T, B, I]
    targets: int  # [S, K, T, B, O]
    masks: int  # [layers - 1, S, K, T, B, H]: factors of a layer's outputs; 0 for no dropout
    parameters: int  # [K, row]; changed, as are all below
    first: int  # [K, row]
    second: int  # [K, row]; 0 for SGD
    h: int  # [K, layers, B, H]; written only for members that carry their state
    c: int  # [K, layers, B, H], LSTM
    scratch: int


class StepNumbers(NamedTuple):
    """The numbers of a call that are no tensors of the networks, as numpy arrays."""

    rates: NDArray[np.float64]  # [S, K], learning rates
    settings: NDArray[np.float64]  # [K, len(Column)]
    powers: NDArray[np.float64]  # [K, 2], advanced
    losses: NDArray[np.float32]  # [S, K], written
    norms: NDArray[np.float32]  # [S, K], written


class Column(NamedTuple):
    """The columns of the members' settings, float64."""

    beta1: int = 0
    beta2: int = 1
    momentum: int = 2
    l2: int = 3
    decay: int = 4  # decoupled
    clip_norm: int = 5  # infinity for none
    carry: int = 6  # 1 or 0


COLUMN = Column()


class Leaves(NamedTuple):
    """Where a layer's weights lie in a member's row of parameters, in floats."""

    w_ih: int
    w_hh: int
    b_ih: int
    b_hh: int


class StepScratch(NamedTuple):
    """Regions of the scratch buffer. They serve one training step of one member at a time."""

    factors: int  # [16]
    squares: int  # [64]
    ones: int  # [16]
    zeros: int  # [H]
    head_panels: int  # [H, O padded], panels
    head_rows: int  # [O, H], panels
    errors: int  # outputs of the head, then their gradients: [T * B, O padded], or O where few
    d_outputs: int  # [T, B, H], of whichever layer is under way
    packed: int  # operands of `add_transposed_product`
    gradients: int  # [row]
    layers: int  # a layer's outputs [T, B, H], the same times its masks, `Scratch`; then the next
    end: int


@jit_and_python
def layer_sizes(sizes: StepSizes, layer: int) -> Sizes:
    """The sizes of the call that computes one layer of one member by itself."""
    inputs = sizes.inputs if layer == 0 else sizes.hidden
    return Sizes(
        members=1, steps=sizes.steps, batch=sizes.batch, inputs=inputs, hidden=sizes.hidden,
        gates=sizes.gates, apart=sizes.apart, memory=sizes.memory, gated=sizes.gated, backward=1,
        kept=0,
    )  # fmt: skip


@jit_and_python
def layer_leaves(sizes: StepSizes, layer: int) -> Leaves:
    """Where a layer's weights lie in a row; the head's lie where those of one more layer would.

    All leaves of a layer are a multiple of sixteen floats, so that there is no gap between them.
    """
    gates, hidden = sizes.gates, sizes.hidden
    start = 0
    inputs = sizes.inputs
    if layer > 0:
        start = gates * (sizes.inputs + hidden + 2) + (layer - 1) * gates * (2 * hidden + 2)
        inputs = hidden
    w_hh = start + gates * inputs
    b_ih = w_hh + gates * hidden
    return Leaves(start, w_hh, b_ih, b_ih + gates)


@jit_and_python
def layer_outputs(sizes: StepSizes, first: int, layer: int) -> int:
    """Where a layer's outputs lie; those of the lowest lie at `first`, `StepScratch.layers`."""
    if layer == 0:
        return first
    second = layer_scratch(sizes, first, 0).end
    if layer == 1:
        return second
    third = layer_scratch(sizes, second, 1).end
    return second + (layer - 1) * (third - second)


@jit_and_python
def layer_dropped(sizes: StepSizes, outputs: int) -> int:
    """Where a layer's outputs times its dropout masks lie: at the outputs if there is no
    dropout."""
    return after(outputs, sizes.steps * sizes.batch * sizes.hidden) if sizes.mask else outputs


@jit_and_python
def layer_scratch(sizes: StepSizes, outputs: int, layer: int) -> Scratch:
    """The regions of a layer that computes its outputs at `outputs`."""
    start = after(layer_dropped(sizes, outputs), sizes.steps * sizes.batch * sizes.hidden)
    return divide_scratch(start, layer_sizes(sizes, layer))


@jit_and_python
def divide_step(start: int, sizes: StepSizes) -> StepScratch:
    """Regions of the scratch buffer."""
    rows, wide = sizes.steps * sizes.batch, padded(sizes.outputs)
    squares = after(start, LANES)
    ones = after(squares, 4 * LANES)
    zeros = after(ones, LANES)
    head_panels = after(zeros, sizes.hidden)
    head_rows = after(head_panels, sizes.hidden * wide)
    errors = after(head_rows, sizes.outputs * sizes.hidden)
    d_outputs = after(errors, rows * wide)
    packed = after(d_outputs, rows * sizes.hidden)
    gradients = after(packed, rows * (sizes.outputs + 64))
    layers = after(gradients, sizes.row)
    return StepScratch(
        start, squares, ones, zeros, head_panels, head_rows, errors, d_outputs, packed, gradients,
        layers, layer_outputs(sizes, layers, sizes.layers),
    )  # fmt: skip


def row_floats(sizes: StepSizes) -> int:
    """How many floats a row of such a network's parameters has."""
    head = layer_leaves(sizes, sizes.layers).w_ih
    return head + sizes.outputs * sizes.hidden + padded(sizes.outputs)


def step_extents(sizes: StepSizes, scratch: int) -> list[int]:
    """Where every region starts, and the end, for the checked build."""
    regions = divide_step(scratch, sizes)
    starts = [*regions]
    for layer in range(sizes.layers):
        outputs = layer_outputs(sizes, regions.layers, layer)
        inner = layer_scratch(sizes, outputs, layer)
        kept = divide_kept(inner.kept, layer_sizes(sizes, layer))
        starts += [outputs, layer_dropped(sizes, outputs), *inner, *kept]
    return starts
