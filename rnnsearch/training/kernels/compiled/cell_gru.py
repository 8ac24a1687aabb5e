"""The gated recurrent unit with torch's equations, one time step of all sequences.

r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
u = sigmoid(W_iz x + b_iz + W_hz h + b_hz)          torch calls it z
a = W_hn h + b_hn
n = tanh(W_in x + b_in + r * a)
h' = n + u * (h - n)

dn = dh' * (1 - u) * (1 - n^2)      input side of the new gate
da = dn * r                         its recurrent side, the one place where the sides differ
dr = dn * a * r * (1 - r),  du = dh' * (h - n) * u * (1 - u)
dh = dh' * u + what flows through W_hh
"""

from __future__ import annotations

from rnnsearch.training.kernels.compiled.activations import activated, sigmoid, tanh
from rnnsearch.training.kernels.compiled.cell import (
    Backward,
    Tile,
    compiled_cell,
    d_arriving,
)
from rnnsearch.training.kernels.compiled.vectors import (
    LANES,
    Address,
    Emitter,
    Vector,
)


def _forward(tile: Tile) -> None:
    code, at = tile.code, tile.at
    from_x = tile.projected()
    new_bias = tile.gate(at.b_hh, 0, 2)

    def first(m: int, gate: int) -> Vector:
        return from_x[m, gate] if gate < 2 else code.load(new_bias)

    z = tile.recurrent(first)
    opened = activated([(sigmoid, z[m, gate]) for m in range(tile.rows) for gate in range(2)])
    resets, updates = opened[::2], opened[1::2]
    sums = [from_x[m, 2].plus_product(r, z[m, 2]) for m, r in enumerate(resets)]
    news = activated([(tanh, total) for total in sums])
    for m, (r, u, new) in enumerate(zip(resets, updates, news, strict=True)):
        for gate, value in enumerate((r, u, new)):
            code.store(tile.gate(at.gates, m, gate), value)
        code.store(tile.unit(at.extra, m), z[m, 2])
        before = code.load(tile.unit(at.h_before, m))
        code.store(tile.unit(at.h, m), new.plus_product(u, before - new))


def _backward(code: Emitter, at: Backward) -> None:
    with code.loop(0, at.batch, 1) as (b, _), code.loop(0, at.hidden, LANES) as (n, _):
        unit = (b, at.hidden), (n, 1)

        def places(base: Address) -> list[Address]:
            row = code.shift(base, (b, at.hidden), (b, at.hidden), *unit)
            return [code.shift(row, (gate, at.hidden)) for gate in range(3)]

        d = d_arriving(code, at, b, n)
        r, u, new = (code.load(place) for place in places(at.gates))
        d_new = d * (1.0 - u) * (1.0 - new * new)
        d_r = d_new * code.load(code.shift(at.extra, *unit)) * r * (1.0 - r)
        d_u = d * (code.load(code.shift(at.h_before, *unit)) - new) * u * (1.0 - u)
        for place, gate in zip(places(at.d_input_gates), (d_r, d_u, d_new), strict=True):
            code.store(place, gate)
        for place, gate in zip(places(at.d_recurrent_gates), (d_r, d_u, d_new * r), strict=True):
            code.store(place, gate)
        code.store(code.shift(at.d_hidden, *unit), d * u)


gru = compiled_cell("gru", _forward, _backward, gates=3, apart=1)
