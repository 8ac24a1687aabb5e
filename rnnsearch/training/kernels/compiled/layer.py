"""A layer of all members, forward or backward, in one call.

The call computes one member after the other, never several together: each runs the same
instructions on its own rows and on the same scratch buffer, whatever stands beside it. So not a
single bit of a member depends on its place, a NaN stays in the member where it arose, and the
memory at work does not grow with the number of members.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnsearch.training.kernels.compiled.cell import CompiledCell
from rnnsearch.training.kernels.compiled.layout import (
    Gradients,
    Sizes,
    Tensors,
    divide_kept,
    divide_scratch,
)
from rnnsearch.training.kernels.compiled.member import member_backward, member_forward
from rnnsearch.training.kernels.compiled.moves import copy_vectors
from rnnsearch.training.kernels.compiled.parts import jit, jit_inside
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES, INTEGER_BYTES, read_integer


@jit
def _member(sizes: Sizes, tensors: Tensors, k: int) -> Tensors:
    """The addresses of member k's tensors."""
    rows = FLOAT_BYTES * k * sizes.steps * sizes.batch
    state = FLOAT_BYTES * k * sizes.batch * sizes.hidden
    gates = FLOAT_BYTES * k * sizes.gates
    kept = divide_kept(0, sizes).end * k if sizes.kept else 0
    return Tensors(
        inputs=tensors.inputs + rows * sizes.inputs, w_ih=tensors.w_ih + gates * sizes.inputs,
        w_hh=tensors.w_hh + gates * sizes.hidden, b_ih=tensors.b_ih + gates,
        b_hh=tensors.b_hh + gates, h_first=tensors.h_first + state,
        c_first=tensors.c_first + state, outputs=tensors.outputs + rows * sizes.hidden,
        h_last=tensors.h_last + state, c_last=tensors.c_last + state,
        lengths=tensors.lengths + INTEGER_BYTES * k * sizes.batch if tensors.lengths != 0 else 0,
        kept=tensors.kept + kept, scratch=tensors.scratch,
    )  # fmt: skip


@jit
def _last(sizes: Sizes, at: Tensors, sequence: int, first: int, last: int) -> None:
    """Copy the state after each sequence's last valid time step, or the first state if it has none.

    Args:
        sequence: The address of the states after every time step, [T, B, H].
        first: That of the state before the first time step, [B, H].
        last: Where to, [B, H].
    """
    width = FLOAT_BYTES * sizes.hidden
    for b in range(sizes.batch):
        steps = read_integer(at.lengths + INTEGER_BYTES * b) if at.lengths != 0 else sizes.steps
        source = sequence + ((steps - 1) * sizes.batch + b) * width
        copy_vectors(sizes.hidden, source if steps > 0 else first + b * width, last + b * width)


@jit_inside
def _run_layers(
    forward_step: Any, backward_step: Any, sizes: Sizes, tensors: Tensors, grads: Gradients
) -> None:
    scratch = divide_scratch(tensors.scratch, sizes)
    for k in range(sizes.members):
        at = _member(sizes, tensors, k)
        kept = divide_kept(at.kept if sizes.kept else scratch.kept, sizes)
        if not sizes.backward:
            member_forward(forward_step, sizes, at, scratch, kept)
            _last(sizes, at, at.outputs, at.h_first, at.h_last)
            if sizes.memory:
                _last(sizes, at, kept.cells, at.c_first, at.c_last)
        else:
            if sizes.gated and not sizes.kept:
                # The same instructions on the same numbers: the gates come out equal to the bit.
                member_forward(forward_step, sizes, at, scratch, kept)
            member_backward(backward_step, sizes, at, scratch, kept, grads, k)


def layer_function(cell: CompiledCell) -> Callable[[Sizes, Tensors, Gradients], None]:
    """The function that computes a layer of a cell, for numba to compile."""
    forward, backward = cell.forward, cell.backward

    def layer(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
        _run_layers(forward, backward, sizes, tensors, gradients)

    return layer
