"""The gated recurrent unit with torch's equations, one step in time for all sequences.

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
    h_before: Address,
    extra: Address,
    h: Address,
) -> None:
    with code.loop(0, batch, 1) as (b, _), code.loop(0, hidden, LANES) as (n, _):
        unit = (b, hidden), (n, 1)
        row = code.shift(gates, (b, hidden), (b, hidden), *unit)
        places = [code.shift(row, (gate, hidden)) for gate in range(3)]
        row = code.shift(recurrent, (b, hidden), (b, hidden), *unit)
        from_h = [code.load(code.shift(row, (gate, hidden))) for gate in range(3)]
        r = sigmoid(code.load(places[0]) + from_h[0])
        u = sigmoid(code.load(places[1]) + from_h[1])
        new = tanh(code.load(places[2]).plus_product(r, from_h[2]))
        for place, gate in zip(places, (r, u, new), strict=True):
            code.store(place, gate)
        code.store(code.shift(extra, *unit), from_h[2])
        before = code.load(code.shift(h_before, *unit))
        code.store(code.shift(h, *unit), new.plus_product(u, before - new))


@vector_intrinsic
def _backward(
    code: Emitter,
    batch: Address,
    hidden: Address,
    gates: Address,
    extra: Address,
    h_before: Address,
    d_outputs: Address,
    d_hidden: Address,
    d_input_gates: Address,
    d_recurrent_gates: Address,
) -> None:
    with code.loop(0, batch, 1) as (b, _), code.loop(0, hidden, LANES) as (n, _):
        unit = (b, hidden), (n, 1)

        def places(base: Address) -> list[Address]:
            row = code.shift(base, (b, hidden), (b, hidden), *unit)
            return [code.shift(row, (gate, hidden)) for gate in range(3)]

        arriving = code.shift(d_hidden, *unit)
        d = code.load(arriving) + code.load(code.shift(d_outputs, *unit))
        r, u, new = (code.load(place) for place in places(gates))
        d_new = d * (1.0 - u) * (1.0 - new * new)
        d_r = d_new * code.load(code.shift(extra, *unit)) * r * (1.0 - r)
        d_u = d * (code.load(code.shift(h_before, *unit)) - new) * u * (1.0 - u)
        for place, gate in zip(places(d_input_gates), (d_r, d_u, d_new), strict=True):
            code.store(place, gate)
        for place, gate in zip(places(d_recurrent_gates), (d_r, d_u, d_new * r), strict=True):
            code.store(place, gate)
        code.store(arriving, d * u)


@jit
def gru_forward(
    batch: int, hidden: int, gates: int, recurrent: int, h_before: int, c_before: int,
    extra: int, cell: int, h: int,
) -> None:  # fmt: skip
    _forward(batch, hidden, gates, recurrent, h_before, extra, h)


@jit
def gru_backward(
    batch: int, hidden: int, gates: int, extra: int, h_before: int, c_before: int, h: int,
    d_outputs: int, d_hidden: int, d_cell: int, d_input_gates: int, d_recurrent_gates: int,
) -> None:  # fmt: skip
    _backward(
        batch, hidden, gates, extra, h_before, d_outputs, d_hidden, d_input_gates,
        d_recurrent_gates,
    )  # fmt: skip
