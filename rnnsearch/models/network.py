"""The network of one trial as a plain torch module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.models.weights import (
    custom_module_name,
    network_weights,
    state_sizes_of,
    state_width,
)


class Layers(nn.Module):
    """The weights of all recurrent layers, under the names that torch gives them: `weight_ih_l0`,
    ..."""

    def __init__(self, config: ModelConfig, input_size: int) -> None:
        super().__init__()
        # The entering width is all that matters here; embedding and head are the network's.
        for weight in network_weights(config, input_size, 1, symbolic=False):
            name = weight.name.removeprefix("rnn.")
            if name != weight.name and weight.rule != "custom":
                fill = torch.ones if weight.rule == "one" else torch.zeros
                self.register_parameter(name, nn.Parameter(fill(weight.shape)))
        if is_custom(config.cell):
            from rnnsearch.models.custom import make_cell

            widths, both = config.widths, config.directions
            entering = [input_size, *(both * width for width in widths[:-1])]
            for side in ("cells", "backward")[:both]:
                sizes = zip(entering, widths, strict=True)
                made = [make_cell(config.made_cell, *one) for one in sizes]
                setattr(self, side, nn.ModuleList(made))


class RecurrentNetwork(nn.Module):
    """The network of one trial: recurrent layers that read symbols or numbers, under a linear head.

    It is for evaluation and use, and the reference of every kernel: packs train the same function,
    under the same weight names (`embedding.weight`, `rnn.weight_ih_l0`, ..., `head.bias`). Cells
    that torch has run through torch's functions, the others time step by time step as their files
    say. Weights are zero until they are loaded; `initial_weights` draws the first ones.

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
        self.input_size, self.output_size, self.symbolic = input_size, output_size, symbolic
        width = input_size
        self.embedding: nn.Embedding | None = None
        if symbolic and config.input == "embedding":
            width = config.embedding_size
            self.embedding = nn.Embedding(input_size, width)
        self.rnn = Layers(config, width)
        self.head = nn.Linear(config.directions * config.widths[-1], output_size)

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.head.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of weights and activations."""
        return self.head.weight.dtype

    def tensors(self) -> dict[str, Tensor]:
        """The weights by name."""
        return dict(self.state_dict())

    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Copy weights into the network."""
        self.load_state_dict(tensors)

    def forward(
        self,
        inputs: Tensor,
        state: tuple[Tensor, ...] | None = None,
        head: Literal["every", "last"] = "every",
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run over a chunk of time.

        Args:
            inputs: Numbers (time, batch, feature), or symbols (time, batch), int64.
            state: (h,) or, of an LSTM, (h, c), each (layers * directions, batch, widest layer),
                narrower layers filled up with zeros; None is the start.
            head: Whether the head answers at every time step, or once for the whole sequence. Then
                it reads the last time step, and the first one of a direction that reads backwards.

        Returns:
            Outputs of the head (time, batch, output), or (1, batch, output), and the state after
            the last step.
        """
        config = self.config
        current = stream = self._entered(inputs)
        both, after = config.directions, []
        for layer in range(len(config.widths)):
            sides = []
            for side in range(both):
                number = layer * both + side
                if state is None:
                    before = self.first_state(layer, side, current.shape[1])
                else:
                    sizes = state_sizes_of(config, config.widths[layer])
                    pairs = zip(state, sizes, strict=True)
                    before = [part[number, :, :size].contiguous() for part, size in pairs]
                read = current.flip(0) if side else current
                outputs, last = self.run_layer(layer, side, read, before)
                sides.append(outputs.flip(0) if side else outputs)
                after.append(last)
            outputs = torch.cat(sides, -1) if both == 2 else sides[0]
            if config.layer_norm:
                gain, shift = self.weight("norm_weight", layer), self.weight("norm_bias", layer)
                outputs = functional.layer_norm(outputs, outputs.shape[-1:], gain, shift)
            if config.residual and layer:
                outputs = outputs + stream
            stream = current = outputs
            last_layer = layer + 1 == len(config.widths)
            rate = config.head_dropout if last_layer else config.dropout
            current = functional.dropout(current, rate, self.training)
        if head == "last":
            ends = current[-1:].chunk(both, -1)[:1] + current[:1].chunk(both, -1)[1:]
            current = torch.cat(ends, -1)
        return self.head(current), self._stacked(after)

    def _entered(self, inputs: Tensor) -> Tensor:
        if not self.symbolic:
            return inputs
        if self.embedding is not None:
            return cast("Tensor", self.embedding(inputs))
        return functional.one_hot(inputs, self.input_size).to(self.head.weight.dtype)

    def weight(self, name: str, layer: int, side: int = 0) -> Tensor:
        return cast("Tensor", getattr(self.rnn, f"{name}_l{layer}{'_reverse' * side}"))

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """The state before the first time step of `batch` sequences, as `forward` takes it."""
        layers, sides = range(len(self.config.widths)), range(self.config.directions)
        return self._stacked(
            [self.first_state(layer, side, batch) for layer in layers for side in sides]
        )

    def _stacked(self, layers: Sequence[Sequence[Tensor]]) -> tuple[Tensor, ...]:
        """The states of all layers stacked, with narrower ones filled up with zeros."""
        wide = state_width(self.config)
        return tuple(
            torch.stack([functional.pad(one, (0, wide - one.shape[-1])) for one in parts])
            for parts in zip(*layers, strict=True)
        )

    def first_state(self, layer: int, side: int, batch: int) -> list[Tensor]:
        """The state that a layer starts from in one direction, each part (batch, size)."""
        sizes = state_sizes_of(self.config, self.config.widths[layer])
        if self.config.initial_state == "learned":
            parts = [self.weight(f"initial{part}", layer, side) for part in range(len(sizes))]
            return [part.expand(batch, -1).contiguous() for part in parts]
        return [self.head.weight.new_zeros(batch, size) for size in sizes]

    def run_layer(
        self, layer: int, side: int, inputs: Tensor, state: list[Tensor]
    ) -> tuple[Tensor, Sequence[Tensor]]:
        """One layer in one direction.

        Args:
            side: 0 for the layer that reads forwards, 1 for the one that reads backwards.
            inputs: (time, batch, width), in the order in which the layer reads them.
            state: Before the first time step, each part (batch, size).

        Returns:
            Outputs (time, batch, hidden), and the state after the last time step.
        """
        config = self.config
        if is_custom(config.cell):
            side_name, number = custom_module_name(layer, side).split(".")
            module = getattr(self.rnn, side_name)[int(number)]
            read, step = inputs, module
        else:
            cell = CELLS[config.cell]
            weights = {
                leaf.name: self.weight(leaf.name, layer, side)
                for leaf in cell.weights(bias=config.bias)
            }
            if cell.torch:
                name = function_name(config.cell, config.nonlinearity)
                how = {"bias": config.bias, "training": self.training}
                return torch_layer(name, inputs, list(weights.values()), state, **how)
            read, step = cell.code.enter(inputs, weights), partial(cell.code.step, weights=weights)
        held: tuple[Tensor, ...] = tuple(state)
        outputs = []
        for x in read:
            output, held = step(x, held)
            outputs.append(output)
        return torch.stack(outputs), held


def torch_layer(
    name: str,
    inputs: Tensor,
    weights: Sequence[Tensor],
    state: Sequence[Tensor],
    *,
    bias: bool = True,
    training: bool,
) -> tuple[Tensor, list[Tensor]]:
    """One layer by `torch.rnn_tanh`, `rnn_relu`, `gru` or `lstm`, the functions behind `nn.RNN`.

    Args:
        name: The function's.
        inputs: [T, B, I].
        weights: w_ih and w_hh and, with `bias`, b_ih and b_hh.
        state: Before the first time step, each part [B, H].
        training: Whether torch is to keep what the backward pass of cuDNN and oneDNN needs.

    Returns:
        Outputs [T, B, H], and the state after the last time step.
    """
    before = [part.unsqueeze(0).contiguous() for part in state]
    # has_biases, layers, dropout, train, bidirectional, batch_first
    how = (bias, 1, 0.0, training, False, False)
    outputs, *last = getattr(torch, name)(
        inputs, before if len(before) > 1 else before[0], weights, *how
    )
    return outputs, [part[0] for part in last]
