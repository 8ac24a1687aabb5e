"""The recurrences from scratch, in numpy: forward, and back-propagation through time by hand.

Tests and `rnnsearch explain` compare torch and the kernels with these numbers, so nothing here is
shared with either. Time is the first axis. Names follow the textbook drawing: U reads the input, W
reads the state before, V (the head) reads the state; a gated cell has one U and one W a gate, one
under the other, in torch's order (GRU r, z, n; LSTM i, f, g, o). The file of a cell has its two
steps:

- `step(read, remembered, state, nonlinearity)` takes `U x + b`, `W h + d` and the previous state,
  and returns the next state and what the step back needs: the previous `h`, and more;
- `step_back(weights, kept, d_state, nonlinearity)` takes the gradients in the next state, and
  returns those in `U x + b`, in `W h + d` and in the previous state.

The backward pass follows the state through every step (Werbos, 1990). Three shortcuts look alike
and are not: a state detached at each step (no gradient reaches the step before), input weights
drawn anew in each call (nothing is learned), and outputs kept as views of one buffer (all equal
the last). `tests/unit/models/test_reference_pitfalls.py` shows each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnsearch.models.cells import CELLS

Array = NDArray[np.float64]
State = tuple[Array, ...]
"""(h,) or, for an LSTM, (h, c); each (batch, hidden)."""


class LayerWeights(NamedTuple):
    """U, W and both biases of one layer of H units, G gate blocks and I inputs.

    Attributes:
        u: (G*H, I), torch's `weight_ih`.
        w: (G*H, H), torch's `weight_hh`.
        b: (G*H,), torch's `bias_ih`.
        d: (G*H,), torch's `bias_hh`; of a GRU its new gate's part lies inside the reset product.
    """

    u: Array
    w: Array
    b: Array
    d: Array


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What a forward pass leaves for the backward pass.

    Attributes:
        outputs: All states of the last layer, (seq, batch, hidden).
        last: Last states of all layers: one array a layer, (batch, hidden); of an LSTM the pair
            (h, c) a layer.
        tapes: For each layer, what each of its time steps kept for `backward`.
    """

    outputs: Array
    last: list[State]
    tapes: list[list[dict[str, Array]]]


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """The gradients of a scalar loss.

    Attributes:
        inputs: In the inputs, (seq, batch, input).
        layers: In the weights of each layer, shaped as they are.
    """

    inputs: Array
    layers: list[LayerWeights]


def draw(cell: str, input_size: int, hidden_sizes: Sequence[int], seed: int) -> list[LayerWeights]:
    """First weights of layers one above the other, uniform in ±1/sqrt(hidden) as torch draws
    them."""
    dice = np.random.default_rng(seed)
    layers, width = [], input_size
    for hidden in hidden_sizes:
        rows, bound = CELLS[cell].gates * hidden, hidden**-0.5
        shapes = ((rows, width), (rows, hidden), (rows,), (rows,))
        layers.append(LayerWeights(*(dice.uniform(-bound, bound, shape) for shape in shapes)))
        width = hidden
    return layers


def forward(
    cell: str,
    layers: Sequence[LayerWeights],
    inputs: Array,
    state: Sequence[State] | None = None,
    nonlinearity: str = "tanh",
) -> Pass:
    """Run a stack of layers, whatever their widths, over a sequence.

    Args:
        inputs: (seq, batch, feature).
        state: Before the first time step, one tuple for each layer; None is zero.
        nonlinearity: `tanh` or `relu`, for the `rnn` cell alone.
    """
    if state is None:
        sizes = [(inputs.shape[1], one.w.shape[1]) for one in layers]
        state = [(np.zeros(size),) * CELLS[cell].states for size in sizes]
    current, last, tapes = inputs, [], []
    step = CELLS[cell].code.step
    for weights, before in zip(layers, state, strict=True):
        outputs, tape = [], []
        for x in current:
            read = x @ weights.u.T + weights.b
            remembered = before[0] @ weights.w.T + weights.d
            before, kept = step(read, remembered, before, nonlinearity)
            kept["x"] = x
            outputs.append(before[0])  # a new array each step, never one buffer
            tape.append(kept)
        current = np.stack(outputs)
        last.append(before)
        tapes.append(tape)
    return Pass(current, last, tapes)


def backward(
    cell: str,
    layers: Sequence[LayerWeights],
    taken: Pass,
    d_outputs: Array,
    nonlinearity: str = "tanh",
) -> Gradients:
    """Back-propagation through time: from the last step to the first, from the top layer down.

    Args:
        taken: What `forward` returned for the same weights.
        d_outputs: The loss's gradient in `taken.outputs`.
        nonlinearity: As `forward` was given it.
    """
    arriving = d_outputs
    gradients: list[LayerWeights] = []
    step_back = CELLS[cell].code.step_back
    for number in reversed(range(len(layers))):
        weights, tape = layers[number], taken.tapes[number]
        d_state = tuple(np.zeros_like(part) for part in taken.last[number])
        total = LayerWeights(*map(np.zeros_like, weights))
        below = np.zeros((len(tape), *tape[0]["x"].shape))
        for step in reversed(range(len(tape))):
            kept = tape[step]
            d_state = (d_state[0] + arriving[step], *d_state[1:])
            d_input, d_recurrent, d_state = step_back(weights, kept, d_state, nonlinearity)
            below[step] = d_input @ weights.u
            total.u[...] += d_input.T @ kept["x"]
            total.w[...] += d_recurrent.T @ kept["h"]
            total.b[...] += d_input.sum(0)
            total.d[...] += d_recurrent.sum(0)
        arriving = below
        gradients.insert(0, total)
    return Gradients(arriving, gradients)


def sigmoid(values: Array) -> Array:
    """1 / (1 + exp(-x)), computed through tanh, which does not overflow."""
    return 0.5 * (1 + np.tanh(0.5 * values))
