"""The Elman cell, one step in time for all sequences.

h' = f(z),  z = W_ih x + b_ih + W_hh h + b_hh,  f = tanh or relu
dz = dh' * f'(z), where tanh' = 1 - h'^2 and relu' = [h' > 0]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnsearch.training.kernels.compiled.activations import Activation, activated, relu, tanh
from rnnsearch.training.kernels.compiled.cell import (
    BLOCKS,
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
from rnnsearch.training.kernels.compiled.vectors import LANES, Emitter, Vector, vector_intrinsic


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
    sized = [(units, units // LANES) for units in BLOCKS]
    return forward_over([(units, of(4, n), of(1, n)) for units, n in sized], 1, name)


def _backward(name: str, through: Callable[[Vector, Vector], Vector]) -> Any:
    def backward(code: Emitter, at: Backward) -> None:
        """d_hidden is left at zero, for the product with W_hh to add to."""
        with code.loop(0, at.batch, 1) as (b, _), code.loop(0, at.hidden, LANES) as (n, _):
            unit = (b, at.hidden), (n, 1)
            d, h = d_arriving(code, at, b, n), code.load(code.shift(at.h, *unit))
            code.store(code.shift(at.d_input_gates, *unit), through(d, h))
            code.store(code.shift(at.d_hidden, *unit), code.zero())

    backward.__name__ = name
    return vector_intrinsic(backward)


_tanh_forward = _forward(tanh)
_relu_forward = _forward(relu)
_tanh_backward = _backward("tanh_backward", lambda d, h: d * (1.0 - h * h))
_relu_backward = _backward("relu_backward", lambda d, h: d.zero_where_not_positive(h))


def rnn_tanh(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Elman layers with tanh."""
    run_layers(_tanh_forward, _tanh_backward, sizes, tensors, gradients)


def rnn_relu(sizes: Sizes, tensors: Tensors, gradients: Gradients) -> None:
    """Elman layers with relu."""
    run_layers(_relu_forward, _relu_backward, sizes, tensors, gradients)


def step_rnn_tanh(sizes: StepSizes, tensors: StepTensors, numbers: StepNumbers) -> None:
    """Elman networks with tanh."""
    run_steps(_tanh_forward, _tanh_backward, sizes, tensors, numbers)


def step_rnn_relu(sizes: StepSizes, tensors: StepTensors, numbers: StepNumbers) -> None:
    """Elman networks with relu."""
    run_steps(_relu_forward, _relu_backward, sizes, tensors, numbers)
