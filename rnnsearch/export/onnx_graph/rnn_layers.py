"""torch's plain recurrent layers (`torch.nn.RNN`) for torch's exporter, which has LSTM and GRU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import onnxscript
import torch

OP: Any = onnxscript.opset18


def translations() -> dict[Any, Callable[..., Any]]:
    """By the operator of torch, what makes operators of ONNX of it."""
    aten = torch.ops.aten
    return {
        aten.rnn_tanh.input: partial(_layers, "Tanh"),
        aten.rnn_relu.input: partial(_layers, "Relu"),
    }


def _layers(
    activation: str,
    x: Any,
    state: Any,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Any, Any]:
    """Outputs and state after; arguments as torch's, of which `x` is (T, B, F), or (B, T, F)."""
    del dropout, train  # nothing is dropped of a trained model
    sides, each = 1 + bidirectional, 4 if has_biases else 2
    current = OP.Transpose(x, perm=[1, 0, 2]) if batch_first else x
    ends = []
    for layer in range(num_layers):
        first = layer * sides
        weights = params[first * each : (first + sides) * each]
        into, across = _stacked(weights[0::each]), _stacked(weights[1::each])
        bias = None
        if has_biases:
            halves = (_stacked(weights[2::each]), _stacked(weights[3::each]))
            bias = OP.Concat(*halves, axis=-1)
        begin = OP.Slice(state, [first], [first + sides], [0])
        outputs, end = OP.RNN(
            current,
            into,
            across,
            bias,
            None,
            begin,
            activations=[activation] * sides,
            direction="bidirectional" if bidirectional else "forward",
            hidden_size=int(weights[1].shape[1]),
        )
        ends.append(end)
        # (T, sides, B, H) to (T, B, sides * H)
        current = OP.Reshape(OP.Transpose(outputs, perm=[0, 2, 1, 3]), [0, 0, -1])
    after = OP.Concat(*ends, axis=0) if num_layers > 1 else ends[0]
    return (OP.Transpose(current, perm=[1, 0, 2]) if batch_first else current), after


def _stacked(sides: Sequence[Any]) -> Any:
    """The same weights of each direction, one behind the other."""
    rows = [OP.Unsqueeze(one, [0]) for one in sides]
    return OP.Concat(*rows, axis=0) if len(rows) > 1 else rows[0]
