"""Long short-term memory with torch's equations, one step in time for all sequences.

i, f, o = sigmoid(W_i. x + b_i. + W_h. h + b_h.),  g = tanh(the same with its own rows)
c' = f * c + i * g
h' = o * tanh(c')

dc' += dh' * o * (1 - tanh(c')^2)
di = dc' * g * i * (1 - i),  df = dc' * c * f * (1 - f),  dg = dc' * i * (1 - g^2)
do = dh' * tanh(c') * o * (1 - o)
dc = dc' * f,  dh = what flows through W_hh
"""

from __future__ import annotations

from rnnsearch.training.kernels.compiled.activations import activated, sigmoid, tanh
from rnnsearch.training.kernels.compiled.cell import (
    Backward,
    Tile,
    d_arriving,
    forward_over,
    tile_intrinsic,
)
from rnnsearch.training.kernels.compiled.layer import run_layers
from rnnsearch.training.kernels.compiled.layout import Gradients, Sizes, Tensors
from rnnsearch.training.kernels.compiled.step_layout import StepNumbers, StepSizes, StepTensors
from rnnsearch.training.kernels.compiled.steps import run_steps
from rnnsearch.training.kernels.compiled.vectors import LANES, Emitter, vector_intrinsic


def _forward(tile: Tile) -> None:
    code, at = tile.code, tile.at
    from_x = tile.projected(4, at.hidden)
    z = tile.recurrent(lambda m, gate: from_x[m, gate], 4)
    functions = sigmoid, sigmoid, tanh, sigmoid
    cells, opened = [], []
    for m in range(tile.rows):
        i, f, g, o = activated([(of, z[m, gate]) for gate, of in enumerate(functions)])
        for gate, value in enumerate((i, f, g, o)):
            code.store(tile.gate(at.gates, m, gate), value)
        cells.append((f * code.load(tile.unit(at.c_before, m))).plus_product(i, g))
        opened.append(o)
    squashed = activated([(tanh, c) for c in cells])
    for m, (c, o, inner) in enumerate(zip(cells, opened, squashed, strict=True)):
        code.store(tile.unit(at.cell, m), c)
        code.store(tile.unit(at.extra, m), inner)
        code.store(tile.unit(at.h, m), o * inner)


@vector_intrinsic
def lstm_backward(code: Emitter, at: Backward) -> None:
    """d_hidden is left at zero, for the product with W_hh to add to."""
    with code.loop(0, at.batch, 1) as (b, _), code.loop(0, at.hidden, LANES) as (n, _):
        unit = (b, at.hidden), (n, 1)
        gate_row = code.builder.mul(b, b.type(4))
        row = code.shift(at.gates, (gate_row, at.hidden), (n, 1))
        i, f, g, o = (code.load(code.shift(row, (gate, at.hidden))) for gate in range(4))
        arriving_cell = code.shift(at.d_cell, *unit)
        d = d_arriving(code, at, b, n)
        squashed = code.load(code.shift(at.extra, *unit))
        d_c = code.load(arriving_cell).plus_product(d * o, 1.0 - squashed * squashed)
        d_z = (
            d_c * g * i * (1.0 - i),
            d_c * code.load(code.shift(at.c_before, *unit)) * f * (1.0 - f),
            d_c * i * (1.0 - g * g),
            d * squashed * o * (1.0 - o),
        )
        row = code.shift(at.d_input_gates, (gate_row, at.hidden), (n, 1))
        for gate, value in enumerate(d_z):
            code.store(code.shift(row, (gate, at.hidden)), value)
        code.store(arriving_cell, d_c * f)
        code.store(code.shift(at.d_hidden, *unit), code.zero())


lstm_forward = forward_over(
    [(LANES, tile_intrinsic(4, 4, _forward), tile_intrinsic(1, 4, _forward))], 4, "lstm_forward"
)


def lstm(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Layers of long short-term memory."""
    run_layers(lstm_forward, lstm_backward, sizes, tensors, gradients)


def step_lstm(sizes: StepSizes, tensors: StepTensors, numbers: StepNumbers) -> None:
    """Networks of long short-term memory."""
    run_steps(lstm_forward, lstm_backward, sizes, tensors, numbers)
