"""The linear head and the mean squared error of training steps, forward and back.

With few outputs, the product with the head would leave most lanes of a vector idle. Then each
output of a sequence at a time step is a dot product, and sixteen of them are summed across lanes
together.
With one output, the gradient in the last layer's outputs is the head's weights times the errors,
and the layer takes it in this form.
"""

from __future__ import annotations

import numpy as np

from rnnsearch.training.kernels.compiled.layout import padded
from rnnsearch.training.kernels.compiled.moves import Matrix, exchanged, fill_zero, pack, transpose
from rnnsearch.training.kernels.compiled.parts import jit, jit_apart
from rnnsearch.training.kernels.compiled.products import (
    add_column_sums,
    add_transposed_product,
    product,
)
from rnnsearch.training.kernels.compiled.step_layout import (
    StepScratch,
    StepSizes,
    StepTensors,
    layer_leaves,
)
from rnnsearch.training.kernels.compiled.tiles import PANEL, Product, panel_product
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    Vector,
    read_float,
    vector_intrinsic,
    write_float,
)

_FEW_OUTPUTS = 4
_SUMS = 4
"""How many vectors of partial sums run side by side: an addition takes four cycles, and the next
one to the same sum has to wait for it."""


@jit
def head_weights(sizes: StepSizes, at: StepTensors) -> int:
    """The address of the head's weights [O, H], and behind them its biases [O]."""
    return at.parameters + FLOAT_BYTES * layer_leaves(sizes, sizes.layers).w_ih


@jit_apart
def head_forward(sizes: StepSizes, at: StepTensors, scratch: StepScratch, hidden: int) -> float:
    """The mean squared error; its gradient in the head's outputs is left in `errors`.

    Args:
        hidden: The address of the last layer's outputs, [T, B, H].
    """
    if sizes.outputs <= _FEW_OUTPUTS:
        _dots(sizes, at, scratch, hidden)
        return _dense_errors(sizes, at, scratch)
    _products(sizes, at, scratch, hidden)
    return _padded_errors(sizes, scratch.errors, at.targets)


@jit_apart
def head_backward(sizes: StepSizes, at: StepTensors, scratch: StepScratch, hidden: int) -> None:
    """The gradients in the head's weights and, with several outputs, in the last layer's
    outputs."""
    rows, outputs, units = sizes.steps * sizes.batch, sizes.outputs, sizes.hidden
    few = sizes.outputs <= _FEW_OUTPUTS
    wide = outputs if few else padded(outputs)
    place = FLOAT_BYTES * layer_leaves(sizes, sizes.layers).w_ih
    d_weights = scratch.gradients + place
    d_bias = d_weights + FLOAT_BYTES * outputs * sizes.hidden
    fill_zero(outputs * sizes.hidden + padded(outputs), d_weights)
    errors, states = Matrix(scratch.errors, rows, outputs, wide), Matrix(hidden, rows, units, units)
    add_transposed_product(errors, states, d_weights, scratch.packed)
    if few:
        # Sums over the rows, each in all lanes of a vector.
        panel_product(
            outputs, LANES, Product(left=scratch.errors, left_row=1, left_step=outputs,
            right=scratch.ones, right_step=0, depth=rows, start=scratch.zeros, start_row=0,
            out=scratch.squares, out_row=LANES),
        )  # fmt: skip
        for o in range(outputs):
            total = read_float(scratch.squares + FLOAT_BYTES * LANES * o)
            write_float(d_bias + FLOAT_BYTES * o, total)
    else:
        add_column_sums(Matrix(scratch.errors, rows, wide, wide), scratch.ones, d_bias)
    if outputs == 1:
        return
    pack(Matrix(at.parameters + place, outputs, units, units), scratch.head_rows)
    product(
        rows, sizes.hidden, Product(left=scratch.errors, left_row=wide, left_step=1,
        right=scratch.head_rows, right_step=0, depth=outputs, start=scratch.zeros, start_row=0,
        out=scratch.d_outputs, out_row=sizes.hidden),
    )  # fmt: skip


# With few outputs, errors are [T * B, O].


@vector_intrinsic
def _sixteen_dots(
    code: Emitter, hidden: Address, rows: Address, weights: Address, bias: Address, out: Address
) -> None:
    """out [16] = bias + rows [16, hidden] @ weights [hidden]."""
    sums = [code.variable(code.zero()) for _ in range(LANES)]
    with code.loop(0, hidden, LANES) as (n, _):
        factor = code.load(code.shift(weights, (n, 1)))
        for r, slot in enumerate(sums):
            row = code.load(code.shift(rows, (r, hidden), (n, 1)))
            code.set(slot, code.get(slot).plus_product(row, factor))
    # Pairs of rows are folded at growing distances, until lane r has the sum of row r.
    folded = [code.get(slot) for slot in sums]
    distance = 1
    while distance < LANES:
        folded = [
            _folded(code, folded[r], folded[r + 1], distance) for r in range(0, len(folded), 2)
        ]
        distance *= 2
    code.store(out, folded[0] + code.broadcast(bias))


def _folded(code: Emitter, first: Vector, second: Vector, distance: int) -> Vector:
    """Sums of lanes at a distance: those of `first` where the lane's bit is 0, else of `second`."""
    upper, lower = exchanged(distance)
    return code.shuffle(first, second, upper) + code.shuffle(first, second, lower)


@jit
def _dots(sizes: StepSizes, at: StepTensors, scratch: StepScratch, hidden: int) -> None:
    """The head's outputs into `errors`, sixteen rows at a time."""
    rows, outputs, units = sizes.steps * sizes.batch, sizes.outputs, sizes.hidden
    weights = head_weights(sizes, at)
    biases = weights + FLOAT_BYTES * outputs * units
    for o in range(outputs):
        row_of_weights, bias = weights + FLOAT_BYTES * o * units, biases + FLOAT_BYTES * o
        row = 0
        while row < rows:
            # The last sixteen overlap those before, which get the same numbers again.
            first = max(0, min(row, rows - LANES))
            if rows < LANES:
                _one_dot(units, hidden + FLOAT_BYTES * row * units, row_of_weights, bias,
                         scratch.errors + FLOAT_BYTES * (row * outputs + o), scratch)  # fmt: skip
                row += 1
                continue
            target = scratch.errors + FLOAT_BYTES * first if outputs == 1 else scratch.squares
            _sixteen_dots(units, hidden + FLOAT_BYTES * first * units, row_of_weights, bias, target)
            if outputs > 1:
                for r in range(LANES):
                    dot = read_float(scratch.squares + FLOAT_BYTES * r)
                    write_float(scratch.errors + FLOAT_BYTES * ((first + r) * outputs + o), dot)
            row += LANES


@jit
def _one_dot(
    hidden: int, row: int, weights: int, bias: int, out: int, scratch: StepScratch
) -> None:
    # Of the sixteen sums only the first is wanted; what it reads behind the weights are biases.
    panel_product(
        1, LANES, Product(left=row, left_row=0, left_step=1, right=weights, right_step=1,
        depth=hidden, start=scratch.zeros, start_row=0, out=scratch.squares, out_row=LANES),
    )  # fmt: skip
    write_float(out, read_float(scratch.squares) + read_float(bias))


@vector_intrinsic
def _differences(
    code: Emitter, count: Address, outputs: Address, targets: Address, share: Address, room: Address
) -> None:
    """room [64] = partial sums of squared differences over `count` floats, a multiple of 16.

    The outputs become differences times the float at `share`.
    """
    factor = code.broadcast(share)
    sums = [code.variable(code.zero()) for _ in range(_SUMS)]

    def one(n: Address, part: int) -> None:
        place = code.shift(outputs, (n, 1), (part, LANES))
        error = code.load(place) - code.load(code.shift(targets, (n, 1), (part, LANES)))
        code.set(sums[part], code.get(sums[part]).plus_product(error, error))
        code.store(place, error * factor)

    whole = code.builder.and_(count, count.type(-_SUMS * LANES))
    with code.loop(0, whole, _SUMS * LANES) as (n, _):
        for part in range(_SUMS):
            one(n, part)
    with code.loop(whole, count, LANES) as (n, _):
        one(n, 0)
    for part, slot in enumerate(sums):
        code.store(code.shift(room, (part, LANES)), code.get(slot))


@jit
def _dense_errors(sizes: StepSizes, at: StepTensors, scratch: StepScratch) -> float:
    count = sizes.steps * sizes.batch * sizes.outputs
    share = np.float32(2.0 / count)
    whole = count - count % LANES
    write_float(scratch.factors, share)
    _differences(whole, scratch.errors, at.targets, scratch.factors, scratch.squares)
    total = 0.0
    for n in range(_SUMS * LANES):
        total += np.float64(read_float(scratch.squares + FLOAT_BYTES * n))
    for n in range(whole, count):
        total += _difference(scratch.errors, at.targets, n, n, share)
    return total / count


# With many outputs, errors are [T * B, O padded].


@jit
def _products(sizes: StepSizes, at: StepTensors, scratch: StepScratch, hidden: int) -> None:
    """The head's outputs into `errors`; `head_panels` already holds zeros beyond O."""
    weights = head_weights(sizes, at)
    wide = padded(sizes.outputs)
    for first in range(0, sizes.outputs, PANEL):
        place = FLOAT_BYTES * first * sizes.hidden
        rows = min(PANEL, sizes.outputs - first)
        panel = Matrix(weights + place, rows, sizes.hidden, sizes.hidden)
        transpose(panel, scratch.head_panels + place, min(PANEL, wide - first))
    bias = weights + FLOAT_BYTES * sizes.outputs * sizes.hidden
    product(
        sizes.steps * sizes.batch, wide, Product(left=hidden, left_row=sizes.hidden, left_step=1,
        right=scratch.head_panels, right_step=0, depth=sizes.hidden, start=bias, start_row=0,
        out=scratch.errors, out_row=wide),
    )  # fmt: skip


@jit
def _padded_errors(sizes: StepSizes, errors: int, targets: int) -> float:
    rows, outputs, wide = sizes.steps * sizes.batch, sizes.outputs, padded(sizes.outputs)
    share = np.float32(2.0 / (rows * outputs))
    total = 0.0
    for r in range(rows):
        for o in range(outputs):
            total += _difference(errors, targets, r * wide + o, r * outputs + o, share)
    return total / (rows * outputs)


@jit
def _difference(errors: int, targets: int, place: int, target: int, share: np.float32) -> float:
    """A squared difference of an output and its target; the output becomes the difference times
    `share`."""
    output = errors + FLOAT_BYTES * place
    error = read_float(output) - read_float(targets + FLOAT_BYTES * target)
    write_float(output, np.float32(error * share))
    return np.float64(error) * np.float64(error)
