"""The network of a stack: K networks of one shape, from inputs to the outputs of the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.config import ModelConfig
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State
from rnnsearch.training.kernels.choice import choose
from rnnsearch.training.layout import padded_size


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkShape:
    """What the networks of a stack have in common.

    Attributes:
        hidden_size: Padded.
        embedding_size: Width of the embedding, or None for one-hot symbols and numbers.
        symbolic: Whether inputs are symbols.
    """

    cell: Literal["rnn", "gru", "lstm"]
    nonlinearity: Literal["tanh", "relu"]
    hidden_size: int
    num_layers: int
    input_size: int
    output_size: int
    symbolic: bool
    embedding_size: int | None


def network_shape(
    model: ModelConfig, input_size: int, output_size: int, symbolic: bool
) -> NetworkShape:
    """The shape in which a trial's network is computed."""
    embedded = symbolic and model.input == "embedding"
    return NetworkShape(
        cell=model.cell,
        nonlinearity=model.nonlinearity if model.cell == "rnn" else "tanh",
        hidden_size=padded_size(model.hidden_size),
        num_layers=model.num_layers,
        input_size=input_size,
        output_size=output_size,
        symbolic=symbolic,
        embedding_size=model.embedding_size if embedded else None,
    )


def zero_state(
    shape: NetworkShape, members: int, batch: int, device: torch.device, dtype: torch.dtype
) -> State:
    """(h,) or (h, c) of zeros, each [K, num_layers, B, H]."""
    size = (members, shape.num_layers, batch, shape.hidden_size)
    count = 2 if shape.cell == "lstm" else 1
    return tuple(torch.zeros(size, device=device, dtype=dtype) for _ in range(count))


@cache
def layers_of(
    shape: NetworkShape,
    members: int,
    steps: int,
    batch: int,
    device: torch.device,
    dtype: torch.dtype,
) -> tuple[tuple[LayerKernel, LayerShape], ...]:
    """The shape of every layer, and the kernel that computes it."""
    found = []
    width = shape.embedding_size or shape.input_size
    for _ in range(shape.num_layers):
        layer = LayerShape(
            cell=shape.cell,
            nonlinearity=shape.nonlinearity,
            hidden_size=shape.hidden_size,
            input_size=width,
            batch_size=batch,
            seq_len=steps,
            members=members,
        )
        found.append((choose(layer, device, dtype), layer))
        width = shape.hidden_size
    return tuple(found)


def forward(
    shape: NetworkShape, weights: Mapping[str, Tensor], inputs: Tensor, state: State
) -> tuple[Tensor, State]:
    """Run K networks over a chunk of time, without dropout.

    Args:
        weights: Padded, each [K, ...], under the names of `models.network`.
        inputs: [K, T, B, F], or symbols int64 [K, T, B].
        state: Each [K, num_layers, B, H].

    Returns:
        Outputs [K, T, B, O], and the state after the last step, shaped as `state`.
    """
    head = weights["head.bias"]
    current = enter(shape, weights, inputs)
    members, steps, batch = inputs.shape[:3]
    after: list[State] = []
    layers = layers_of(shape, members, steps, batch, head.device, head.dtype)
    for number, (kernel, layer) in enumerate(layers):
        current, last = kernel(
            layer,
            current.contiguous(),
            *layer_weights(weights, number),
            tuple(part[:, number].contiguous() for part in state),
        )
        after.append(last)
    outputs = head_outputs(current, weights["head.weight"], head)
    return outputs, tuple(torch.stack(parts, 1) for parts in zip(*after, strict=True))


def layer_weights(
    weights: Mapping[str, Tensor], layer: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """w_ih, w_hh, b_ih and b_hh of a layer."""
    return (
        weights[f"rnn.weight_ih_l{layer}"],
        weights[f"rnn.weight_hh_l{layer}"],
        weights[f"rnn.bias_ih_l{layer}"],
        weights[f"rnn.bias_hh_l{layer}"],
    )


def head_outputs(current: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """[K, T, B, H] through weight [K, O, H] to [K, T, B, O]."""
    members, steps, batch, width = current.shape
    rows = current.reshape(members, steps * batch, width)
    if weight.shape[1] == 1:
        # MKL multiplies a matrix by one column in another way for one member than for several,
        # and rounds differently; one row by a matrix it does alike.
        outputs = torch.baddbmm(bias.unsqueeze(2), weight, rows.transpose(1, 2))
    else:
        outputs = torch.baddbmm(bias.unsqueeze(1), rows, weight.transpose(1, 2))
    return outputs.view(members, steps, batch, -1)


def enter(shape: NetworkShape, weights: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
    """Numbers as they are; symbols [K, T, B] as one-hot rows or rows of each trial's embedding."""
    if not shape.symbolic:
        return inputs
    if shape.embedding_size is None:
        onehot = weights["head.bias"].new_zeros((*inputs.shape, shape.input_size))
        return onehot.scatter_(-1, inputs.unsqueeze(-1), 1.0)
    table = weights["embedding.weight"]
    rows = inputs + table_starts(table, shape.input_size)
    return functional.embedding(rows, table.reshape(-1, shape.embedding_size))


def table_starts(table: Tensor, symbols: int) -> Tensor:
    """Where each trial's embedding starts among the rows of all of them, [K, 1, 1]."""
    return torch.arange(len(table), device=table.device).mul_(symbols).view(-1, 1, 1)
