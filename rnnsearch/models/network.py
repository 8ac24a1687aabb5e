"""The network of one trial as a plain torch module, and the weights that it starts from."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.config import GATES, ModelConfig


class RecurrentNetwork(nn.Module):
    """Symbols or numbers into torch's own recurrent layers into a linear head.

    The reference of every kernel: packs train the same function, under the same weight names
    (`embedding.weight`, `rnn.weight_ih_l0`, ..., `head.bias`). Built for evaluation and use;
    its own initial weights are torch's, `initial_weights` draws the reproducible ones.

    Args:
        input_size: Features, or symbols of the vocabulary.
        output_size: Outputs of the head.
        symbolic: Whether inputs are symbols, so that `config.input` applies.
    """

    def __init__(
        self, config: ModelConfig, input_size: int, output_size: int, symbolic: bool
    ) -> None:
        super().__init__()
        self.config = config
        self.input_size = input_size
        self.symbolic = symbolic
        width = input_size
        self.embedding: nn.Embedding | None = None
        if symbolic and config.input == "embedding":
            width = config.embedding_size
            self.embedding = nn.Embedding(input_size, width)
        dropout = config.dropout if config.num_layers > 1 else 0.0
        self.rnn: nn.RNN | nn.GRU | nn.LSTM
        if config.cell == "rnn":
            self.rnn = nn.RNN(
                width,
                config.hidden_size,
                config.num_layers,
                nonlinearity=config.nonlinearity,
                dropout=dropout,
            )
        else:
            module = nn.GRU if config.cell == "gru" else nn.LSTM
            self.rnn = module(width, config.hidden_size, config.num_layers, dropout=dropout)
        self.head = nn.Linear(config.hidden_size, output_size)

    def forward(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run over a chunk of time.

        Args:
            inputs: Numbers (time, batch, feature), or symbols (time, batch), int64.
            state: (h,) or, of an LSTM, (h, c), each (num_layers, batch, hidden); None is zero.

        Returns:
            Outputs of the head (time, batch, output) and the state after the last step.
        """
        before: Tensor | tuple[Tensor, ...] | None = state
        if state is not None and self.config.cell != "lstm":
            (before,) = state
        outputs, after = self.rnn(self._entered(inputs), before)
        return self.head(outputs), after if isinstance(after, tuple) else (after,)

    def _entered(self, inputs: Tensor) -> Tensor:
        if not self.symbolic:
            return inputs
        if self.embedding is not None:
            return cast("Tensor", self.embedding(inputs))
        return functional.one_hot(inputs, self.input_size).to(self.head.weight.dtype)


def weight_shapes(
    config: ModelConfig, input_size: int, output_size: int, symbolic: bool
) -> dict[str, tuple[int, ...]]:
    """Shape of every weight under its name, in the order in which they are drawn."""
    shapes: dict[str, tuple[int, ...]] = {}
    width, hidden = input_size, config.hidden_size
    if symbolic and config.input == "embedding":
        width = config.embedding_size
        shapes["embedding.weight"] = (input_size, width)
    rows = GATES[config.cell] * hidden
    for layer in range(config.num_layers):
        shapes[f"rnn.weight_ih_l{layer}"] = (rows, width if layer == 0 else hidden)
        shapes[f"rnn.weight_hh_l{layer}"] = (rows, hidden)
        shapes[f"rnn.bias_ih_l{layer}"] = (rows,)
        shapes[f"rnn.bias_hh_l{layer}"] = (rows,)
    shapes["head.weight"] = (output_size, hidden)
    shapes["head.bias"] = (output_size,)
    return shapes


def initial_weights(
    config: ModelConfig, input_size: int, output_size: int, symbolic: bool, seed: int
) -> dict[str, Tensor]:
    """Weights by torch's default rules, from a generator of their own.

    The embedding is standard normal; all else is uniform in ±1/sqrt(hidden_size).

    Args:
        seed: Of the generator: a trial's stream `derive(trial seed, "weights")`.

    Returns:
        Float32 tensors on the CPU by name, in the order of `weight_shapes`.
    """
    generator = torch.Generator().manual_seed(seed)
    bound = config.hidden_size**-0.5
    shapes = weight_shapes(config, input_size, output_size, symbolic)
    weights = {}
    for name, shape in shapes.items():
        weight = torch.empty(shape, dtype=torch.float32)
        if name == "embedding.weight":
            weight.normal_(generator=generator)
        else:
            weight.uniform_(-bound, bound, generator=generator)
        weights[name] = weight
    return weights
