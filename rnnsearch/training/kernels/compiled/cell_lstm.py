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

from rnnsearch.training.kernels.compiled.activations import sigmoid, tanh
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.vectors import (
    LANES,
    Address,
    Emitter,
    vector_intrinsic,
)


@vector_intrinsic
def _forward(
    code: Emitter,
    batch: Address,
    hidden: Address,
    gates: Address,
    recurrent: Address,
    c_before: Address,
    extra: Address,
    cell: Address,
    h: Address,
) -> None:
    with code.loop(0, batch, 1) as (b, _), code.loop(0, hidden, LANES) as (n, _):
        unit = (b, hidden), (n, 1)
        gate_row = code.builder.mul(b, b.type(4))
        row = code.shift(gates, (gate_row, hidden), (n, 1))
        places = [code.shift(row, (gate, hidden)) for gate in range(4)]
        row = code.shift(recurrent, (gate_row, hidden), (n, 1))
        z = [
            code.load(place) + code.load(code.shift(row, (gate, hidden)))
            for gate, place in enumerate(places)
        ]
        i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), tanh(z[2]), sigmoid(z[3])
        for place, gate_value in zip(places, (i, f, g, o), strict=True):
            code.store(place, gate_value)
        c = (f * code.load(code.shift(c_before, *unit))).plus_product(i, g)
        squashed = tanh(c)
        code.store(code.shift(cell, *unit), c)
        code.store(code.shift(extra, *unit), squashed)
        code.store(code.shift(h, *unit), o * squashed)


@vector_intrinsic
def _backward(
    code: Emitter,
    batch: Address,
    hidden: Address,
    gates: Address,
    extra: Address,
    c_before: Address,
    d_outputs: Address,
    d_hidden: Address,
    d_cell: Address,
    d_gates: Address,
) -> None:
    """d_hidden is left at zero, for the product with W_hh to add to."""
    with code.loop(0, batch, 1) as (b, _), code.loop(0, hidden, LANES) as (n, _):
        unit = (b, hidden), (n, 1)
        gate_row = code.builder.mul(b, b.type(4))
        row = code.shift(gates, (gate_row, hidden), (n, 1))
        i, f, g, o = (code.load(code.shift(row, (gate, hidden))) for gate in range(4))
        arriving, arriving_cell = code.shift(d_hidden, *unit), code.shift(d_cell, *unit)
        d = code.load(arriving) + code.load(code.shift(d_outputs, *unit))
        squashed = code.load(code.shift(extra, *unit))
        d_c = code.load(arriving_cell).plus_product(d * o, 1.0 - squashed * squashed)
        d_z = (
            d_c * g * i * (1.0 - i),
            d_c * code.load(code.shift(c_before, *unit)) * f * (1.0 - f),
            d_c * i * (1.0 - g * g),
            d * squashed * o * (1.0 - o),
        )
        row = code.shift(d_gates, (gate_row, hidden), (n, 1))
        for gate, value in enumerate(d_z):
            code.store(code.shift(row, (gate, hidden)), value)
        code.store(arriving_cell, d_c * f)
        code.store(arriving, code.zero())


@jit
def lstm_forward(
    batch: int, hidden: int, gates: int, recurrent: int, h_before: int, c_before: int,
    extra: int, cell: int, h: int,
) -> None:  # fmt: skip
    _forward(batch, hidden, gates, recurrent, c_before, extra, cell, h)


@jit
def lstm_backward(
    batch: int, hidden: int, gates: int, extra: int, h_before: int, c_before: int, h: int,
    d_outputs: int, d_hidden: int, d_cell: int, d_input_gates: int, d_recurrent_gates: int,
) -> None:  # fmt: skip
    _backward(batch, hidden, gates, extra, c_before, d_outputs, d_hidden, d_cell, d_input_gates)
