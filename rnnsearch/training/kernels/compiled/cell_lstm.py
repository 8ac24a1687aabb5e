"""Long short-term memory with torch's equations, one time step of all sequences.

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
    compiled_cell,
    d_arriving,
)
from rnnsearch.training.kernels.compiled.vectors import LANES, Emitter


def _forward(tile: Tile) -> None:
    code, at = tile.code, tile.at
    from_x = tile.projected()
    z = tile.recurrent(lambda m, gate: from_x[m, gate])
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


def _backward(code: Emitter, at: Backward) -> None:
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


lstm = compiled_cell("lstm", _forward, _backward, gates=4, memory=True)
