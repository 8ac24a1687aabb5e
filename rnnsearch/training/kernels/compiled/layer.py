"""The layer itself: one call computes all members, forward or backward.

Members are looped over inside the call and never across: each runs the same instructions on its
own rows and on the same scratch buffer, whatever stands beside it. So a member's numbers do not
depend on its place by a single bit, a NaN stays where it arose, and the working set does not grow
with the number of members.
"""

from __future__ import annotations

from typing import Any

from rnnsearch.training.kernels.compiled import cell_gru, cell_lstm, cell_rnn
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
    """The addresses of member k."""
    rows = FLOAT_BYTES * k * sizes.steps * sizes.batch
    state = FLOAT_BYTES * k * sizes.batch * sizes.hidden
    gates = FLOAT_BYTES * k * sizes.gates
    kept = divide_kept(0, sizes).end * k if sizes.kept else 0
    return Tensors(
        tensors.inputs + rows * sizes.inputs,
        tensors.w_ih + gates * sizes.inputs,
        tensors.w_hh + gates * sizes.hidden,
        tensors.b_ih + gates,
        tensors.b_hh + gates,
        tensors.h_first + state,
        tensors.c_first + state,
        tensors.outputs + rows * sizes.hidden,
        tensors.h_last + state,
        tensors.c_last + state,
        tensors.lengths + INTEGER_BYTES * k * sizes.batch if tensors.lengths != 0 else 0,
        tensors.kept + kept,
        tensors.scratch,
    )


@jit
def _last(sizes: Sizes, at: Tensors, sequence: int, first: int, last: int) -> None:
    """The state after each sequence's last valid step; the first one where there is none."""
    width = FLOAT_BYTES * sizes.hidden
    for b in range(sizes.batch):
        steps = read_integer(at.lengths + INTEGER_BYTES * b) if at.lengths != 0 else sizes.steps
        source = sequence + ((steps - 1) * sizes.batch + b) * width
        copy_vectors(sizes.hidden, source if steps > 0 else first + b * width, last + b * width)


@jit_inside
def _run(
    forward_step: Any, backward_step: Any, sizes: Sizes, tensors: Tensors, grads: Gradients
) -> None:
    scratch = divide_scratch(tensors.scratch, sizes)
    lstm = sizes.gates == 4 * sizes.hidden
    for k in range(sizes.members):
        at = _member(sizes, tensors, k)
        kept = divide_kept(at.kept if sizes.kept else scratch.kept, sizes)
        if not sizes.backward:
            member_forward(forward_step, sizes, at, scratch, kept)
            _last(sizes, at, at.outputs, at.h_first, at.h_last)
            if lstm:
                _last(sizes, at, kept.cells, at.c_first, at.c_last)
        else:
            if sizes.gates > sizes.hidden and not sizes.kept:
                # The same instructions on the same numbers: the gates come out equal to the bit.
                member_forward(forward_step, sizes, at, scratch, kept)
            member_backward(backward_step, sizes, at, scratch, kept, grads, k)


# The entry points, one a cell, so that only those of a search's cells are compiled.


def rnn_tanh(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Elman layers with tanh."""
    _run(cell_rnn.tanh_forward, cell_rnn.tanh_backward, sizes, tensors, gradients)


def rnn_relu(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Elman layers with relu."""
    _run(cell_rnn.relu_forward, cell_rnn.relu_backward, sizes, tensors, gradients)


def gru(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Gated recurrent units."""
    _run(cell_gru.gru_forward, cell_gru.gru_backward, sizes, tensors, gradients)


def lstm(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Long short-term memory."""
    _run(cell_lstm.lstm_forward, cell_lstm.lstm_backward, sizes, tensors, gradients)
