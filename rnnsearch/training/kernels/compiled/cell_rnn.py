"""The Elman cell, one step in time for all sequences.

h' = f(z),  z = W_ih x + b_ih + W_hh h + b_hh,  f = tanh or relu
dz = dh' * f'(z), where tanh' = 1 - h'^2 and relu' = [h' > 0]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnsearch.training.kernels.compiled.activations import relu, tanh
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.vectors import (
    LANES,
    Address,
    Emitter,
    Vector,
    vector_intrinsic,
)


def _forward(activation: Callable[[Vector], Vector]) -> Any:
    def forward(
        code: Emitter, count: Address, projected: Address, recurrent: Address, h: Address
    ) -> None:
        """Over `count` floats, the units of all sequences."""
        with code.loop(0, count, LANES) as (n, _):
            z = code.load(code.shift(projected, (n, 1))) + code.load(code.shift(recurrent, (n, 1)))
            code.store(code.shift(h, (n, 1)), activation(z))

    return vector_intrinsic(forward)


def _backward(through: Callable[[Vector, Vector], Vector]) -> Any:
    def backward(
        code: Emitter,
        count: Address,
        h: Address,
        d_outputs: Address,
        d_hidden: Address,
        d_gates: Address,
    ) -> None:
        """d_hidden is left at zero, for the product with W_hh to add to."""
        with code.loop(0, count, LANES) as (n, _):
            arriving = code.shift(d_hidden, (n, 1))
            d = code.load(arriving) + code.load(code.shift(d_outputs, (n, 1)))
            code.store(code.shift(d_gates, (n, 1)), through(d, code.load(code.shift(h, (n, 1)))))
            code.store(arriving, code.zero())

    return vector_intrinsic(backward)


_tanh_forward = _forward(tanh)
_relu_forward = _forward(relu)
_tanh_backward = _backward(lambda d, h: d * (1.0 - h * h))
_relu_backward = _backward(lambda d, h: d.zero_where_not_positive(h))

# The arguments are those of every cell (see `layer.py`); an RNN uses few of them.


@jit
def tanh_forward(
    batch: int, hidden: int, gates: int, recurrent: int, h_before: int, c_before: int,
    extra: int, cell: int, h: int,
) -> None:  # fmt: skip
    _tanh_forward(batch * hidden, gates, recurrent, h)


@jit
def relu_forward(
    batch: int, hidden: int, gates: int, recurrent: int, h_before: int, c_before: int,
    extra: int, cell: int, h: int,
) -> None:  # fmt: skip
    _relu_forward(batch * hidden, gates, recurrent, h)


@jit
def tanh_backward(
    batch: int, hidden: int, gates: int, extra: int, h_before: int, c_before: int, h: int,
    d_outputs: int, d_hidden: int, d_cell: int, d_input_gates: int, d_recurrent_gates: int,
) -> None:  # fmt: skip
    _tanh_backward(batch * hidden, h, d_outputs, d_hidden, d_input_gates)


@jit
def relu_backward(
    batch: int, hidden: int, gates: int, extra: int, h_before: int, c_before: int, h: int,
    d_outputs: int, d_hidden: int, d_cell: int, d_input_gates: int, d_recurrent_gates: int,
) -> None:  # fmt: skip
    _relu_backward(batch * hidden, h, d_outputs, d_hidden, d_input_gates)
