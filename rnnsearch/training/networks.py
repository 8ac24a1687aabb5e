"""The networks of a stack with their weights: how symbols enter them, and where states begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.cells import has_kernels
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State
from rnnsearch.training.kernels.choice import choose
from rnnsearch.training.kernels.products import spread
from rnnsearch.training.shapes import NetworkShape, gathered, zero_state

Layers = tuple[tuple[LayerKernel, LayerShape], ...]
"""The layers of a network, each with the kernel that computes it."""

Masks = Sequence[Tensor | None]
"""What dropout multiplies the outputs of each layer with: [K, T, B, directions * H], or None for a
layer that drops nothing. Empty where no layer drops any."""


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """K networks of one shape, which are computed together.

    Attributes:
        weights: Padded, each [K, ...], under the names of `models.network`.
        held: What custom networks hold beside them, float64, each [K, ...].
    """

    shape: NetworkShape
    weights: Mapping[str, Tensor]
    held: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def some(self) -> Tensor:
        """Any of the weights, for their number, device and dtype."""
        return next(iter(self.weights.values()))

    @property
    def head(self) -> tuple[Tensor, Tensor]:
        """Weight [K, O, H] and bias [K, O] of the head."""
        return self.weights["head.weight"], self.weights["head.bias"]

    def layers(self, inputs: Tensor) -> Layers:
        """The layers with their kernels for such inputs, [K, T, B, ...]; see `layers_of`."""
        bias = self.weights["head.bias"]
        return layers_of(self.shape, *inputs.shape[:3], bias.device, bias.dtype)

    def layer_weights(self, layer: int, side: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """w_ih, w_hh, b_ih and b_hh of a layer that torch has; zeros for biases that it lacks."""
        end = _end(layer, side)
        into, across = (self.weights[f"rnn.weight_{part}{end}"] for part in ("ih", "hh"))
        if not self.shape.bias:
            zeros = into.new_zeros(into.shape[:2])
            return into, across, zeros, zeros
        return into, across, self.weights[f"rnn.bias_ih{end}"], self.weights[f"rnn.bias_hh{end}"]

    def first_state(self, batch: int) -> State:
        """What a sequence starts from, shaped as `zero_state`: zero, or each trial's learned state.

        Args:
            batch: Sequences that start.
        """
        some = self.some
        state = zero_state(self.shape, len(some), batch, some.device, some.dtype)
        if not self.shape.learned:
            return state
        layers = [self.learned_state(number, batch) for number in range(state[0].shape[1])]
        return gathered(self.shape, layers)

    def learned_state(self, number: int, batch: int) -> State:
        """The learned state of one layer in one direction, each part [K, B, H], differentiable.

        Args:
            number: Of the layer in its direction, as `zero_state` counts them.
        """
        end = _end(*divmod(number, self.shape.directions))
        parts = range(self.shape.state_parts)
        return tuple(spread(self.weights[f"rnn.initial{part}{end}"], batch) for part in parts)

    def enter(self, inputs: Tensor) -> Tensor:
        """What the first layer reads, [K, T, B, I].

        Numbers enter as they are, symbols [K, T, B] as one-hot rows or as rows of each trial's
        embedding.
        """
        shape = self.shape
        if not shape.symbolic:
            return inputs
        if shape.embedding_size is None:
            onehot = self.weights["head.bias"].new_zeros((*inputs.shape, shape.input_size))
            return onehot.scatter_(-1, inputs.unsqueeze(-1), 1.0)
        table = self.weights["embedding.weight"]
        return functional.embedding(self.table_rows(inputs), table.reshape(-1, table.shape[-1]))

    def table_rows(self, symbols: Tensor) -> Tensor:
        """Symbols [K, T, B] as row numbers of one table that holds all trials' embeddings."""
        count = torch.arange(len(symbols), device=symbols.device)
        return symbols + count.mul_(self.shape.input_size).view(-1, 1, 1)


@cache
def layers_of(
    shape: NetworkShape,
    members: int,
    steps: int,
    batch: int,
    device: torch.device,
    dtype: torch.dtype,
) -> Layers:
    """The shape of every layer of a cell that torch has, with its kernel; of other cells nothing.

    Args:
        members: Trials that are computed together.
        steps: Time steps of a sequence.
        batch: Sequences of a trial.
    """
    if not has_kernels(shape.cell):
        return ()
    layers = []
    width = shape.embedding_size or shape.input_size
    for hidden in shape.widths:
        layer = LayerShape(
            cell=shape.cell,
            nonlinearity=shape.nonlinearity,
            hidden_size=hidden,
            input_size=width,
            batch_size=batch,
            seq_len=steps,
            members=members,
        )
        layers.append((choose(layer, device, dtype), layer))
        width = shape.directions * hidden
    return tuple(layers)


def _end(layer: int, side: int) -> str:
    """What the names of a layer's weights end in; side 1 reads backwards."""
    return f"_l{layer}" + "_reverse" * side
