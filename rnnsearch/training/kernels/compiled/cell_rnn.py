"""The Elman cell, one time step of all sequences.

h' = f(z),  z = W_ih x + b_ih + W_hh h + b_hh,  f = tanh or relu
dz = dh' * f'(z), where tanh' = 1 - h'^2 and relu' = [h' > 0]
"""

from __future__ import annotations

from collections.abc import Callable

from rnnsearch.training.kernels.compiled.activations import Activation, activated, relu, tanh
from rnnsearch.training.kernels.compiled.cell import (
    Backward,
    CompiledCell,
    Tile,
    compiled_cell,
    d_arriving,
)
from rnnsearch.training.kernels.compiled.vectors import LANES, Emitter, Vector


def _elman(
    name: str, activation: Activation, through: Callable[[Vector, Vector], Vector]
) -> CompiledCell:
    """The cell with some activation; `through(dh', h')` is the gradient dz."""

    def forward(tile: Tile) -> None:
        from_x = tile.projected()
        z = tile.recurrent(lambda m, n: from_x[m, n])
        outputs = activated([(activation, total) for total in z.values()])
        for (m, n), output in zip(z, outputs, strict=True):
            tile.code.store(tile.unit(tile.at.h, m, n), output)

    def backward(code: Emitter, at: Backward) -> None:
        with code.loop(0, at.batch, 1) as (b, _), code.loop(0, at.hidden, LANES) as (n, _):
            unit = (b, at.hidden), (n, 1)
            d, h = d_arriving(code, at, b, n), code.load(code.shift(at.h, *unit))
            code.store(code.shift(at.d_input_gates, *unit), through(d, h))
            code.store(code.shift(at.d_hidden, *unit), code.zero())

    return compiled_cell(name, forward, backward, gates=1, gated=False)


rnn_tanh = _elman("rnn_tanh", tanh, lambda d, h: d * (1.0 - h * h))
rnn_relu = _elman("rnn_relu", relu, lambda d, h: d.zero_where_not_positive(h))
