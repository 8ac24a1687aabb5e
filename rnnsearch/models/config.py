"""The network of one trial, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
"""Blocks of rows in a cell's weight matrices, in torch's order (GRU r, z, n; LSTM i, f, g, o)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A stack of recurrent layers of one width under a linear head.

    Attributes:
        cell: `rnn` (Elman), `gru` or `lstm`, with the equations of torch's modules.
        nonlinearity: Of the `rnn` cell; the others ignore it.
        hidden_size: Units a layer, at least 1.
        num_layers: Layers, at least 1.
        dropout: Probability of zeroing an output between layers (not after the last), in [0, 1).
        input: How symbols enter: `onehot` or `embedding`. Tasks with numbers ignore it.
        embedding_size: Width of the embedding; only with `input: embedding`.
    """

    cell: Literal["rnn", "gru", "lstm"] = "lstm"
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    hidden_size: int = 32
    num_layers: int = 1
    dropout: float = 0.0
    input: Literal["onehot", "embedding"] = "onehot"
    embedding_size: int = 32


def parameter_count(
    config: ModelConfig, *, input_size: int, output_size: int, symbolic: bool
) -> int:
    """Weights and biases of the network, both torch biases counted.

    Args:
        input_size: Features of a numeric task, or symbols of the vocabulary.
        output_size: Outputs of the head.
        symbolic: Whether inputs are symbols, so that `config.input` applies.
    """
    embedded = symbolic and config.input == "embedding"
    width = config.embedding_size if embedded else input_size
    rows = GATES[config.cell] * config.hidden_size
    count = input_size * config.embedding_size if embedded else 0
    for layer in range(config.num_layers):
        columns = width if layer == 0 else config.hidden_size
        count += rows * (columns + config.hidden_size + 2)
    return count + output_size * (config.hidden_size + 1)
