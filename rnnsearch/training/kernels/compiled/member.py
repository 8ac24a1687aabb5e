"""One member of a layer: its time steps forward, and its gradients.

A cell brings one time step forward, one back, and the properties in `Sizes`; everything here is
shared by all cells.

If sequences have lengths, a time step computes the first ones of the batch, in fours, up to the
last one that has not ended; so the longest of a batch should come first. A member's time steps end
with its longest sequence. Whatever lies behind the end of a sequence counts as zero.
"""

from __future__ import annotations

from typing import Any

from rnnsearch.training.kernels.compiled.cell import Backward, Forward, pack_gates, pack_units
from rnnsearch.training.kernels.compiled.layout import (
    Gradients,
    Kept,
    Scratch,
    Sizes,
    Tensors,
    chunk_steps,
    padded,
)
from rnnsearch.training.kernels.compiled.moves import (
    Matrix,
    add,
    copy_floats,
    copy_vectors,
    fill_one,
    fill_zero,
    pack,
    pack_transposed,
    transpose,
)
from rnnsearch.training.kernels.compiled.parts import jit, jit_apart
from rnnsearch.training.kernels.compiled.products import (
    add_column_sums,
    add_transposed_product,
    product,
)
from rnnsearch.training.kernels.compiled.tiles import Product
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES, INTEGER_BYTES, read_integer

_FEW_INPUTS = 4
"""Up to so many inputs are projected together with the recurrent product. More of them are
projected before, in one product over all time steps, which reads their weights less often."""


@jit
def active(sizes: Sizes, at: Tensors, t: int) -> int:
    """How many sequences time step t computes, the first ones: a multiple of four, or all."""
    count = sizes.batch
    if at.lengths != 0:
        while count > 0 and read_integer(at.lengths + INTEGER_BYTES * (count - 1)) <= t:
            count -= 1
        count = min(sizes.batch, (count + 3) // 4 * 4)
    return count


@jit
def _longest(sizes: Sizes, at: Tensors) -> int:
    """How many time steps the longest sequence has."""
    steps = sizes.steps
    if at.lengths != 0:
        steps = 0
        for b in range(sizes.batch):
            steps = max(steps, read_integer(at.lengths + INTEGER_BYTES * b))
    return steps


@jit_apart
def _prepare(sizes: Sizes, at: Tensors, scratch: Scratch, gates: int, steps: int) -> None:
    """Put the weights in the order in which tiles read them, and project the inputs if they are
    many.

    Args:
        gates: Where the projected inputs go, [T, B, G].
        steps: How many time steps there are to compute.
    """
    width, hidden, inputs = sizes.gates, sizes.hidden, sizes.inputs
    if width == hidden:
        pack_units(hidden, at.w_hh, scratch.recurrent_blocks)
    else:
        pack_gates(width // hidden, hidden, at.w_hh, scratch.recurrent_blocks)
    summed = width - sizes.apart
    add(summed, at.b_ih, at.b_hh, scratch.bias)
    rest = FLOAT_BYTES * summed
    copy_vectors(sizes.apart, at.b_ih + rest, scratch.bias + rest)
    if inputs <= _FEW_INPUTS:
        transpose(Matrix(at.w_ih, width, inputs, inputs), scratch.input_panels, width)
        return
    pack_transposed(Matrix(at.w_ih, width, inputs, inputs), scratch.input_panels)
    full = 0
    while full < steps and active(sizes, at, full) == sizes.batch:
        full += 1
    # All time steps at once that compute every sequence, then the others one by one.
    t = 0
    while t < steps:
        rows = full * sizes.batch if t < full else active(sizes, at, t)
        row = t * sizes.batch
        product(
            rows, width, Product(left=at.inputs + FLOAT_BYTES * row * inputs, left_row=inputs,
            left_step=1, right=scratch.input_panels, right_step=0, depth=inputs,
            start=scratch.bias, start_row=0, out=gates + FLOAT_BYTES * row * width,
            out_row=width),
        )  # fmt: skip
        t = full if t < full else t + 1


@jit_apart
def member_forward(step: Any, sizes: Sizes, at: Tensors, scratch: Scratch, kept: Kept) -> None:
    """Compute the outputs of one member, and in `kept` what its backward pass needs.

    Args:
        step: The cell's step forward, as in `CompiledCell`.
    """
    width, hidden, batch = sizes.gates, sizes.hidden, sizes.batch
    state = FLOAT_BYTES * batch * hidden
    # A cell whose one gate is its output projects the inputs into the outputs, and keeps nothing.
    gates = kept.gates if sizes.gated else at.outputs
    steps = _longest(sizes, at)
    _prepare(sizes, at, scratch, gates, steps)
    few = sizes.inputs <= _FEW_INPUTS
    inputs = sizes.inputs if few else 0
    start_row = 0 if few else width
    h_before, c_before = at.h_first, at.c_first
    for t in range(steps):
        rows = active(sizes, at, t)
        h = at.outputs + t * state
        cell = kept.cells + t * state
        of_step = gates + FLOAT_BYTES * t * batch * width
        start = scratch.bias if few else of_step
        step(Forward(
            batch=rows, hidden=hidden, start=start, start_row=start_row,
            x=at.inputs + FLOAT_BYTES * t * batch * inputs, inputs=inputs,
            w_ih=scratch.input_panels, w_hh=scratch.recurrent_blocks, b_hh=at.b_hh,
            gates=of_step, h_rows=h_before, h_before=h_before, c_before=c_before,
            extra=kept.extra + t * state, cell=cell, h=h,
        ))  # fmt: skip
        fill_zero((batch - rows) * hidden, h + FLOAT_BYTES * rows * hidden)
        h_before = h
        if sizes.memory:
            c_before = cell
    fill_zero((sizes.steps - steps) * batch * hidden, at.outputs + steps * state)


@jit
def _compacted(source: int, row: int, steps: int, rows: int, batch: int, target: int) -> None:
    """Copy the first `rows` sequences of each time step of source [steps, batch, row]."""
    for t in range(steps):
        step = FLOAT_BYTES * t * row
        copy_floats(rows * row, source + step * batch, target + step * rows)


@jit_apart
def _gather(
    sizes: Sizes, at: Tensors, scratch: Scratch, d_inputs: int, t: int, steps: int, taken: int
) -> None:
    """Turn the gate gradients of time steps t to t + steps - 1 into those of weights, biases and
    inputs.

    Args:
        d_inputs: Where the gradients in the inputs go, [T, B, I]; 0 if nobody wants them.
        taken: How many sequences the gate gradients are of: the first ones.
    """
    width, hidden, batch, inputs = sizes.gates, sizes.hidden, sizes.batch, sizes.inputs
    rows = steps * taken
    state = FLOAT_BYTES * batch * hidden
    x = at.inputs + FLOAT_BYTES * t * batch * inputs
    d_in, d_rec = scratch.d_input_gates, scratch.d_recurrent_gates
    if taken < batch:
        _compacted(x, inputs, steps, taken, batch, scratch.compact)
        x = scratch.compact
    d_gates = Matrix(d_in, rows, width, width)
    entered = Matrix(x, rows, inputs, inputs)
    add_transposed_product(entered, d_gates, scratch.d_w_ih, scratch.packed)
    add_column_sums(d_gates, scratch.ones, scratch.d_b_ih)
    # The state before a time step is the outputs at the previous one, except before the first.
    if t == 0:
        first, d_first = (
            Matrix(at.h_first, taken, hidden, hidden),
            Matrix(d_rec, taken, width, width),
        )
        add_transposed_product(first, d_first, scratch.d_w_hh, scratch.packed)
        d_later, before, later = d_rec + FLOAT_BYTES * taken * width, at.outputs, steps - 1
    else:
        d_later, before, later = d_rec, at.outputs + (t - 1) * state, steps
    count = later * taken
    if count > 0:
        if taken < batch:
            _compacted(before, hidden, later, taken, batch, scratch.compact)
            before = scratch.compact
        states, d_states = (
            Matrix(before, count, hidden, hidden),
            Matrix(d_later, count, width, width),
        )
        add_transposed_product(states, d_states, scratch.d_w_hh, scratch.packed)
    if sizes.apart:
        last = FLOAT_BYTES * (width - sizes.apart)
        d_apart = Matrix(d_rec + last, rows, sizes.apart, width)
        add_column_sums(d_apart, scratch.ones, scratch.d_b_hh + last)
    if d_inputs != 0:
        wide = padded(inputs)
        # The product adds to what stands there, so the rows start at zero.
        out = scratch.d_input_rows
        fill_zero(rows * wide, out)
        product(
            rows, wide, Product(left=d_in, left_row=width, left_step=1, right=scratch.input_rows,
            right_step=0, depth=width, start=out, start_row=wide, out=out, out_row=wide),
        )  # fmt: skip
        d_x = d_inputs + FLOAT_BYTES * t * batch * inputs
        for step in range(steps):
            for r in range(taken):
                source = out + FLOAT_BYTES * (step * taken + r) * wide
                copy_floats(inputs, source, d_x + FLOAT_BYTES * (step * batch + r) * inputs)


@jit_apart
def member_backward(
    step: Any, sizes: Sizes, at: Tensors, scratch: Scratch, kept: Kept, grads: Gradients, k: int
) -> None:
    """Compute the gradients of one member.

    Args:
        step: The cell's step back, as in `CompiledCell`.
        k: The member's place among those of the call, for which `grads` has the addresses.
    """
    width, hidden, batch, inputs = sizes.gates, sizes.hidden, sizes.batch, sizes.inputs
    floats = batch * hidden
    state = FLOAT_BYTES * floats
    gates_of_step = FLOAT_BYTES * batch * width
    d_outputs = grads.outputs + k * sizes.steps * state
    # A head with one output gives the gradient in the outputs as its weights times the errors.
    one_row = grads.factors != 0
    d_inputs = grads.inputs
    if d_inputs != 0:
        d_inputs += FLOAT_BYTES * k * sizes.steps * batch * inputs
        pack(Matrix(at.w_ih, width, inputs, inputs), scratch.input_rows)
    pack(Matrix(at.w_hh, width, hidden, hidden), scratch.recurrent_rows)
    if grads.h_last != 0:
        copy_vectors(floats, grads.h_last + k * state, scratch.d_hidden)
    else:
        fill_zero(floats, scratch.d_hidden)
    if grads.c_last != 0:
        copy_vectors(floats, grads.c_last + k * state, scratch.d_cell)
    else:
        fill_zero(floats, scratch.d_cell)
    fill_zero(inputs * width, scratch.d_w_ih)
    fill_zero(hidden * width, scratch.d_w_hh)
    fill_zero(width, scratch.d_b_ih)
    fill_zero(width, scratch.d_b_hh)
    fill_one(scratch.ones)

    chunk = chunk_steps(sizes) * batch
    stop = _longest(sizes, at)
    while stop > 0:
        start = stop - 1
        while start > 0 and (stop - start + 1) * active(sizes, at, start - 1) <= chunk:
            start -= 1
        taken = active(sizes, at, start)  # no fewer than at the steps behind
        for t in range(stop - 1, start - 1, -1):
            rows = active(sizes, at, t)
            h = at.outputs + t * state
            place = FLOAT_BYTES * (t - start) * taken * width
            d_in = scratch.d_input_gates + place
            d_rec = scratch.d_recurrent_gates + place
            step(Backward(
                batch=rows, hidden=hidden, gates=kept.gates + t * gates_of_step,
                extra=kept.extra + t * state, h_before=h - state if t > 0 else at.h_first,
                c_before=kept.cells + (t - 1) * state if t > 0 else at.c_first, h=h,
                d_outputs=d_outputs if one_row else d_outputs + t * state,
                d_outputs_row=0 if one_row else hidden,
                factors=grads.factors + FLOAT_BYTES * t * batch if one_row else scratch.ones,
                factors_row=1 if one_row else 0, d_hidden=scratch.d_hidden, d_cell=scratch.d_cell,
                d_input_gates=d_in, d_recurrent_gates=d_rec,
            ))  # fmt: skip
            ended = FLOAT_BYTES * rows * width
            fill_zero((taken - rows) * width, d_in + ended)
            fill_zero((taken - rows) * width, d_rec + ended)
            if t > 0 or grads.h_first != 0:
                product(
                    rows, hidden, Product(left=d_rec, left_row=width, left_step=1,
                    right=scratch.recurrent_rows, right_step=0, depth=width,
                    start=scratch.d_hidden, start_row=hidden, out=scratch.d_hidden,
                    out_row=hidden),
                )  # fmt: skip
        _gather(sizes, at, scratch, d_inputs, start, stop - start, taken)
        stop = start

    gates = FLOAT_BYTES * k * width
    d_w_ih, d_w_hh = grads.w_ih + gates * inputs, grads.w_hh + gates * hidden
    transpose(Matrix(scratch.d_w_ih, inputs, width, width), d_w_ih, inputs)
    transpose(Matrix(scratch.d_w_hh, hidden, width, width), d_w_hh, hidden)
    copy_vectors(width, scratch.d_b_ih, grads.b_ih + gates)
    shared = width - sizes.apart
    copy_vectors(shared, scratch.d_b_ih, grads.b_hh + gates)
    rest = FLOAT_BYTES * shared
    copy_vectors(sizes.apart, scratch.d_b_hh + rest, grads.b_hh + gates + rest)
    if grads.h_first != 0:
        copy_vectors(floats, scratch.d_hidden, grads.h_first + k * state)
    if sizes.memory and grads.c_first != 0:
        copy_vectors(floats, scratch.d_cell, grads.c_first + k * state)
