"""Layers of cells that ONNX has as operators: RNN, GRU and LSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.export.onnx_graph.graph import Graph

Blocks = tuple[str, tuple[int, ...]]

OPERATORS: dict[str, Blocks] = {
    "rnn": ("RNN", (0,)),
    "gru": ("GRU", (1, 0, 2)),  # z, r, n of torch's r, z, n
    "lstm": ("LSTM", (0, 3, 1, 2)),  # i, o, f, g of torch's i, f, g, o
}
"""By cell, ONNX's operator, and which of torch's blocks of rows stands at each of its places."""


def native_layer(
    graph: Graph,
    cell: str,
    nonlinearity: str,
    weights: dict[str, NDArray[Any]],
    inputs: str,
    state: Sequence[str],
    *,
    backward: bool,
    lengths: str,
) -> tuple[str, list[str]]:
    """A layer in one direction.

    Args:
        weights: As torch has them; without biases where there are none.
        inputs: (T, B, I).
        state: Parts (B, H) before the first time step.
        backward: Whether it reads from the last time step to the first.
        lengths: Int32 (B,), or an empty name.

    Returns:
        Outputs (T, B, H), and the state behind the last valid time step.
    """
    operator, order = OPERATORS[cell]
    hidden = weights["weight_hh"].shape[1]
    rows = np.concatenate([np.arange(hidden) + block * hidden for block in order])
    across = graph.constant(weights["weight_hh"][rows][None])
    into = graph.constant(weights["weight_ih"][rows][None])
    bias = ""
    if "bias_ih" in weights:
        both = np.concatenate([weights["bias_ih"][rows], weights["bias_hh"][rows]])
        bias = graph.constant(both[None])
    how: dict[str, Any] = {"hidden_size": hidden, "direction": "reverse" if backward else "forward"}
    if operator == "GRU":
        how["linear_before_reset"] = 1
    if operator == "RNN":
        how["activations"] = ["Relu" if nonlinearity == "relu" else "Tanh"]
    before = [graph.unsqueeze(one, 0) for one in state]
    outputs, *last = graph.ops(
        operator, inputs, into, across, bias, lengths, *before, outputs=1 + len(state), **how
    )
    return graph.squeeze(outputs, 1), [graph.squeeze(one, 0) for one in last]
