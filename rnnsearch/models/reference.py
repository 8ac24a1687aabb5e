"""The recurrences from scratch, in numpy: forward, and back-propagation through time by hand.

The oracle of the tests: nothing here is shared with torch or with the kernels. Shapes are
seq-first. Names follow the textbook drawing: U reads the input, W reads the state before, V (the
head) reads the state; a gated cell has one U and one W a gate, one under the other, in torch's
order (GRU r, z, n; LSTM i, f, g, o).

The backward pass follows the state through every step (Werbos, 1990). Three shortcuts look alike
and are not: a state detached at each step (no gradient reaches the step before), input weights
drawn anew in each call (nothing is learned), and outputs kept as views of one buffer (all equal
the last). `tests/unit/models/test_reference_pitfalls.py` shows each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.models.config import GATES

Array = NDArray[np.float64]
ClassicCell = Literal["rnn", "gru", "lstm"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerWeights:
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
    """What a pass forward leaves for the pass back.

    Attributes:
        outputs: All states of the last layer, (seq, batch, hidden).
        last: Last states of all layers: one array a layer, (batch, hidden); of an LSTM the pair
            (h, c) a layer.
        tapes: What each layer's steps kept, for `backward`.
    """

    outputs: Array
    last: list[tuple[Array, ...]]
    tapes: list[list[dict[str, Array]]]


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """Of a scalar loss, in what went forward.

    Attributes:
        inputs: (seq, batch, input).
        layers: As the weights.
        state: As the initial state, one tuple a layer.
    """

    inputs: Array
    layers: list[LayerWeights]
    state: list[tuple[Array, ...]]


def draw(
    cell: ClassicCell, input_size: int, hidden_sizes: Sequence[int], seed: int
) -> list[LayerWeights]:
    """Weights of a stack of layers, uniform in ±1/sqrt(hidden) as torch draws them; drawn once."""
    dice = np.random.default_rng(seed)
    layers, width = [], input_size
    for hidden in hidden_sizes:
        rows, bound = GATES[cell] * hidden, hidden**-0.5
        shapes = ((rows, width), (rows, hidden), (rows,), (rows,))
        layers.append(LayerWeights(*(dice.uniform(-bound, bound, shape) for shape in shapes)))
        width = hidden
    return layers


def zero_state(
    cell: ClassicCell, layers: Sequence[LayerWeights], batch: int
) -> list[tuple[Array, ...]]:
    """(h,) or (h, c) of zeros for each layer, (batch, hidden) each."""
    parts = 2 if cell == "lstm" else 1
    return [tuple(np.zeros((batch, one.w.shape[1])) for _ in range(parts)) for one in layers]


def forward(
    cell: ClassicCell,
    layers: Sequence[LayerWeights],
    inputs: Array,
    state: Sequence[tuple[Array, ...]] | None = None,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
) -> Pass:
    """Run a stack of layers, whatever their widths, over a sequence.

    Args:
        inputs: (seq, batch, feature).
        state: Before the first step, one tuple a layer; None is zero.
        nonlinearity: Of the `rnn` cell.
    """
    if state is None:
        state = zero_state(cell, layers, inputs.shape[1])
    current, last, tapes = inputs, [], []
    for weights, before in zip(layers, state, strict=True):
        outputs, tape = [], []
        for x in current:
            before, kept = _step(cell, weights, x, before, nonlinearity)
            outputs.append(before[0])  # a new array each step, never one buffer
            tape.append(kept)
        current = np.stack(outputs)
        last.append(before)
        tapes.append(tape)
    return Pass(current, last, tapes)


def backward(
    cell: ClassicCell,
    layers: Sequence[LayerWeights],
    taken: Pass,
    d_outputs: Array,
    d_last: Sequence[tuple[Array, ...]] | None = None,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
) -> Gradients:
    """Back-propagation through time: from the last step to the first, from the top layer down.

    Args:
        taken: Of `forward` with the same weights.
        d_outputs: The loss's gradient in `taken.outputs`.
        d_last: Its gradient in the last states; None is zero.
    """
    arriving = d_outputs
    found: list[LayerWeights] = []
    states: list[tuple[Array, ...]] = []
    for number in reversed(range(len(layers))):
        weights, tape = layers[number], taken.tapes[number]
        d_state = tuple(np.zeros_like(part) for part in taken.last[number])
        if d_last is not None:
            d_state = tuple(part.copy() for part in d_last[number])
        total = LayerWeights(
            *(np.zeros_like(one) for one in (weights.u, weights.w, weights.b, weights.d))
        )
        below = np.zeros((len(tape), *tape[0]["x"].shape))
        for step in reversed(range(len(tape))):
            kept = tape[step]
            d_state = (d_state[0] + arriving[step], *d_state[1:])
            d_input, d_recurrent, d_state = _step_back(cell, weights, kept, d_state, nonlinearity)
            below[step] = d_input @ weights.u
            total.u[...] += d_input.T @ kept["x"]
            total.w[...] += d_recurrent.T @ kept["h"]
            total.b[...] += d_input.sum(0)
            total.d[...] += d_recurrent.sum(0)
        arriving = below
        found.insert(0, total)
        states.insert(0, d_state)
    return Gradients(arriving, found, states)


def _sigmoid(values: Array) -> Array:
    return 0.5 * (1 + np.tanh(0.5 * values))


def _step(
    cell: ClassicCell,
    weights: LayerWeights,
    x: Array,
    state: tuple[Array, ...],
    nonlinearity: Literal["tanh", "relu"],
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """One step: the next state, and what the step back needs."""
    h = state[0]
    read = x @ weights.u.T + weights.b
    remembered = h @ weights.w.T + weights.d
    if cell == "rnn":
        total = read + remembered
        new = np.tanh(total) if nonlinearity == "tanh" else np.maximum(total, 0)
        return (new,), {"x": x, "h": h, "new": new}
    if cell == "gru":
        read_r, read_z, read_n = np.split(read, 3, axis=1)
        inner_r, inner_z, inner = np.split(remembered, 3, axis=1)
        r, z = _sigmoid(read_r + inner_r), _sigmoid(read_z + inner_z)
        n = np.tanh(read_n + r * inner)
        kept = {"x": x, "h": h, "r": r, "z": z, "n": n, "inner": inner}
        return ((1 - z) * n + z * h,), kept
    i, f, g, o = np.split(read + remembered, 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    c = f * state[1] + i * g
    kept = {"x": x, "h": h, "c": state[1], "i": i, "f": f, "g": g, "o": o, "squashed": np.tanh(c)}
    return (o * kept["squashed"], c), kept


def _step_back(
    cell: ClassicCell,
    weights: LayerWeights,
    kept: dict[str, Array],
    d_state: tuple[Array, ...],
    nonlinearity: Literal["tanh", "relu"],
) -> tuple[Array, Array, tuple[Array, ...]]:
    """Gradients in U x + b, in W h + d, and in the state before the step."""
    d_h = d_state[0]
    if cell == "rnn":
        new = kept["new"]
        slope: Any = 1 - new**2 if nonlinearity == "tanh" else new > 0
        d_total = d_h * slope
        return d_total, d_total, (d_total @ weights.w,)
    if cell == "gru":
        r, z, n, inner = kept["r"], kept["z"], kept["n"], kept["inner"]
        d_n = d_h * (1 - z) * (1 - n**2)
        d_z = d_h * (kept["h"] - n) * z * (1 - z)
        d_r = d_n * inner * r * (1 - r)
        d_recurrent = np.concatenate([d_r, d_z, d_n * r], axis=1)
        d_input = np.concatenate([d_r, d_z, d_n], axis=1)
        return d_input, d_recurrent, (d_h * z + d_recurrent @ weights.w,)
    i, f, g, o, squashed = (kept[name] for name in ("i", "f", "g", "o", "squashed"))
    d_c = d_state[1] + d_h * o * (1 - squashed**2)
    d_total = np.concatenate(
        [
            d_c * g * i * (1 - i),
            d_c * kept["c"] * f * (1 - f),
            d_c * i * (1 - g**2),
            d_h * squashed * o * (1 - o),
        ],
        axis=1,
    )
    return d_total, d_total, (d_total @ weights.w, d_c * f)
