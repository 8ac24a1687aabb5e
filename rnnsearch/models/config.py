"""The network of one trial, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

GATES = {"rnn": 1, "gru": 3, "lstm": 4, "mingru": 2, "minlstm": 3, "lru": 2}
"""Blocks of rows in a cell's input weights: GRU r, z, n and LSTM i, f, g, o as torch has them;
minGRU z, h; minLSTM f, i, h; LRU the real and the imaginary part."""

CLASSIC = ("rnn", "gru", "lstm")
"""Cells of torch, with a recurrent matrix; the others read the state before unit by unit."""

NamedCell = Literal["rnn", "gru", "lstm", "mingru", "minlstm", "lru"]

OwnCell = NewType("OwnCell", str)
"""A torch module of the user's, `package.module:Class`; `models.own` says what it must be."""

OWN_PATTERN = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A stack of recurrent layers under a linear head.

    Attributes:
        cell: `rnn` (Elman), `gru` or `lstm` with the equations of torch's modules; `mingru`,
            `minlstm` (arXiv 2410.01201) or `lru` (arXiv 2303.06349), which train in parallel over
            time; or your own, `package.module:Class`, on a slow path.
        nonlinearity: Of the `rnn` cell; the others ignore it.
        hidden_size: Units a layer, at least 1.
        num_layers: Layers, at least 1.
        hidden_sizes: Units of each layer, as in [30, 20]; instead of hidden_size and num_layers.
        bidirectional: A second layer beside each one reads backwards; where the task sees the
            whole sequence.
        bias: Whether the recurrent layers have biases; the head always has.
        forget_bias: What the forget gate's bias starts at (1 is usual), of `lstm` and `minlstm`;
            null draws it like the others.
        recurrent_init: First recurrent weights of `rnn`, `gru` and `lstm`: `uniform` in
            ±1/sqrt(hidden), or `orthogonal`, each gate on its own.
        layer_norm: Normalise the outputs of each recurrent layer over its units, with a learned
            gain and bias; the recurrence itself is as without.
        residual: Add a layer's input to its output, from the second layer on; of equal widths.
        dropout: Probability of zeroing an output between layers (not after the last), in [0, 1).
        head_dropout: Probability of zeroing an input of the head, in [0, 1).
        initial_state: What a sequence starts from: `zero`, or `learned` with the weights.
        input: How symbols enter: `onehot` or `embedding`. Tasks with numbers ignore it.
        embedding_size: Width of the embedding; only with `input: embedding`.
    """

    cell: NamedCell | OwnCell = "lstm"
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    hidden_size: int = 32
    num_layers: int = 1
    hidden_sizes: tuple[int, ...] | None = None
    bidirectional: bool = False
    bias: bool = True
    forget_bias: float | None = None
    recurrent_init: Literal["uniform", "orthogonal"] = "uniform"
    layer_norm: bool = False
    residual: bool = False
    dropout: float = 0.0
    head_dropout: float = 0.0
    initial_state: Literal["zero", "learned"] = "zero"
    input: Literal["onehot", "embedding"] = "onehot"
    embedding_size: int = 32

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each layer, a direction."""
        return self.hidden_sizes or (self.hidden_size,) * self.num_layers

    @property
    def directions(self) -> int:
        """2 where layers read both ways."""
        return 2 if self.bidirectional else 1


def is_own(cell: str) -> bool:
    """Whether the cell is a class of the user's, by its dotted path."""
    return ":" in cell
