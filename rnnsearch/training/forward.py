"""The network of a stack: K networks of one shape, from inputs to the outputs of the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Head
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State
from rnnsearch.training.kernels.choice import choose
from rnnsearch.training.layout import padded_size
from rnnsearch.training.padding import last_valid, seen, valid_steps


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
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    inputs: Tensor,
    state: State,
    *,
    head: Head = "every",
    lengths: Tensor | None = None,
    masks: Sequence[Tensor] = (),
) -> tuple[Tensor, State]:
    """Run K networks over a chunk of time.

    Args:
        weights: Padded, each [K, ...], under the names of `models.network`.
        inputs: [K, T, B, F], or symbols int64 [K, T, B].
        state: Each [K, num_layers, B, H].
        head: Outputs of every step, or of the last valid one.
        lengths: Valid steps, int64 [K, B] or [1, B]; None where all are.
        masks: Factors of the outputs of every layer but the last, each [K, T, B, H]; empty
            where nothing is dropped.

    Returns:
        Outputs [K, T, B, O] or [K, 1, B, O], and the state after the last valid step, shaped as
        `state`.
    """
    bias = weights["head.bias"]
    if lengths is not None:
        inputs = seen(inputs, valid_steps(lengths, inputs.shape[1]))
    current = enter(shape, weights, inputs)
    members, steps, batch = inputs.shape[:3]
    after: list[State] = []
    layers = layers_of(shape, members, steps, batch, bias.device, bias.dtype)
    for number, (kernel, layer) in enumerate(layers):
        own = layer_weights(weights, number)
        before = tuple(part[:, number].contiguous() for part in state)
        current = current.contiguous()
        if lengths is None:
            current, last = kernel(layer, current, *own, before)
        else:
            current, last = _padded(kernel, layer, current, own, before, lengths)
        after.append(last)
        if masks and number + 1 < len(layers):
            current = current * masks[number]
    if head == "last":
        current = last_valid(current, lengths)
    outputs = head_outputs(current, weights["head.weight"], bias)
    return outputs, tuple(torch.stack(parts, 1) for parts in zip(*after, strict=True))


def _padded(
    kernel: LayerKernel,
    layer: LayerShape,
    inputs: Tensor,
    weights: tuple[Tensor, Tensor, Tensor, Tensor],
    state: State,
    lengths: Tensor,
) -> tuple[Tensor, State]:
    """A layer over padded sequences, and each one's state after its own last step.

    The state of a cell is its output, but for what an `lstm` keeps beside it: there the layer is
    run from one end of a sequence to the next.
    """
    if len(state) == 1:
        outputs, _ = kernel(layer, inputs, *weights, state)
        last = last_valid(outputs, lengths).squeeze(1)
        return outputs, (torch.where((lengths > 0).unsqueeze(-1), last, state[0]),)
    pieces, held, start = [], state, 0
    for end in sorted({*lengths.flatten().tolist(), inputs.shape[1]}):
        if end <= start:
            continue
        piece = replace(layer, seq_len=end - start)
        outputs, state = kernel(piece, inputs[:, start:end].contiguous(), *weights, state)
        pieces.append(outputs)
        # A sequence that goes on takes the newer state, up to the one after its own last step.
        open_yet = (lengths > start).unsqueeze(-1)
        held = tuple(torch.where(open_yet, new, old) for new, old in zip(state, held, strict=True))
        start = end
    return torch.cat(pieces, 1), held


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
