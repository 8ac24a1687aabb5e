"""The Elman cell, one step in time for all sequences.

h' = f(z),  z = W_ih x + b_ih + W_hh h + b_hh,  f = tanh or relu
dz = dh' * f'(z), where tanh' = 1 - h'^2 and relu' = [h' > 0]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnsearch.training.kernels.compiled.activations import Activation, activated, relu, tanh
from rnnsearch.training.kernels.compiled.cell import (
    Backward,
    Tile,
    d_arriving,
    forward_over,
    tile_intrinsic,
)
from rnnsearch.training.kernels.compiled.moves import transpose
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    Vector,
    vector_intrinsic,
)

_BLOCKS = (PANEL, PANEL // 2, LANES)
"""Units of a block, one after the other as long as they fit."""


def _forward(activation: Activation) -> Any:
    def of(rows: int, vectors: int) -> Any:
        def emit(tile: Tile) -> None:
            from_x = tile.projected(vectors, LANES)
            z = tile.recurrent(lambda m, n: from_x[m, n], vectors)
            outputs = activated([(activation, total) for total in z.values()])
            for (m, n), output in zip(z, outputs, strict=True):
                tile.code.store(tile.unit(tile.at.h, m, n), output)

        emit.__name__ = f"{activation.__name__}_{vectors}"
        return tile_intrinsic(rows, 1, emit)

    name = f"{activation.__name__}_forward"
    sized = [(units, units // LANES) for units in _BLOCKS]
    return forward_over([(units, of(4, n), of(1, n)) for units, n in sized], 1, name)


@jit
def pack_units(hidden: int, source: int, target: int) -> None:
    """[H, H] transposed, in the blocks of the forward step."""
    unit = 0
    while unit < hidden:
        left = hidden - unit
        width = PANEL if left >= PANEL else PANEL // 2 if left >= PANEL // 2 else LANES
        place = FLOAT_BYTES * unit * hidden
        transpose(width, hidden, source + place, hidden, target + place, width)
        unit += width


def _backward(name: str, through: Callable[[Vector, Vector], Vector]) -> Any:
    def emit(
        code: Emitter, batch: Address, hidden: Address, h: Address, d_outputs: Address,
        d_outputs_row: Address, factors: Address, factors_row: Address,
        d_hidden: Address, d_gates: Address,
    ) -> None:  # fmt: skip
        """d_hidden is left at zero, for the product with W_hh to add to."""
        with code.loop(0, batch, 1) as (b, _), code.loop(0, hidden, LANES) as (n, _):
            unit = (b, hidden), (n, 1)
            d = d_arriving(code, b, n, hidden, d_hidden, d_outputs, d_outputs_row, factors,
                           factors_row)  # fmt: skip
            code.store(code.shift(d_gates, *unit), through(d, code.load(code.shift(h, *unit))))
            code.store(code.shift(d_hidden, *unit), code.zero())

    compiled = vector_intrinsic(emit)

    def backward(at: Backward) -> None:
        compiled(at.batch, at.hidden, at.h, at.d_outputs, at.d_outputs_row, at.factors,
                 at.factors_row, at.d_hidden, at.d_input_gates)  # fmt: skip

    backward.__name__ = name
    return jit(backward)


tanh_forward = _forward(tanh)
relu_forward = _forward(relu)
tanh_backward = _backward("tanh_backward", lambda d, h: d * (1.0 - h * h))
relu_backward = _backward("relu_backward", lambda d, h: d.zero_where_not_positive(h))
