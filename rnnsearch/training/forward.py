"""The network of a stack: K networks of one shape, from inputs to the outputs of the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.cells import has_kernels
from rnnsearch.models.config import is_custom
from rnnsearch.models.weights import custom_module_name
from rnnsearch.tasks.base import Head
from rnnsearch.training.kernels import differentiable, traced
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State
from rnnsearch.training.kernels.choice import choose, kernels
from rnnsearch.training.kernels.products import scale, shift
from rnnsearch.training.padding import last_read, reversed_steps, seen, valid_steps
from rnnsearch.training.shapes import NetworkShape, gathered, layer_state

Layers = tuple[tuple[LayerKernel, LayerShape], ...]
"""Of a network, each with the kernel that computes it."""


@cache
def layers_of(
    shape: NetworkShape,
    members: int,
    steps: int,
    batch: int,
    device: torch.device,
    dtype: torch.dtype,
) -> Layers:
    """The shape of every layer of a classic cell, and the kernel that computes it; else nothing."""
    if not has_kernels(shape.cell):
        return ()
    found = []
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
        found.append((choose(layer, device, dtype), layer))
        width = shape.directions * hidden
    return tuple(found)


def forward(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    inputs: Tensor,
    state: State,
    *,
    head: Head = "every",
    lengths: Tensor | None = None,
    masks: Sequence[Tensor | None] = (),
    ends: bool = True,
) -> tuple[Tensor, State]:
    """Run K networks over a chunk of time.

    Args:
        weights: Padded, each [K, ...], under the names of `models.network`.
        inputs: [K, T, B, F], or symbols int64 [K, T, B].
        state: Each [K, layers * directions, B, H].
        head: Outputs of every step, or of the last valid one.
        lengths: Valid steps, int64 [K, B] or [1, B]; None where all are.
        masks: As `run_layers` takes them.
        ends: Whether the state is wanted where there are lengths.

    Returns:
        Outputs [K, T, B, O] or [K, 1, B, O], and the state after the last valid step, shaped as
        `state`; without `ends` it means nothing.
    """
    if lengths is not None:
        lengths = lengths.expand(len(inputs), -1)
        inputs = seen(inputs, valid_steps(lengths, inputs.shape[1]))
    entered = enter(shape, weights, inputs)
    before = layer_state(shape, state)
    current, after = run_layers(shape, weights, entered, before, masks, lengths, ends=ends)
    if head == "last":
        current = last_read(current, lengths, shape.directions)
    outputs = head_outputs(current, weights["head.weight"], weights["head.bias"])
    return outputs, gathered(shape, after)


def run_layers(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    entered: Tensor,
    state: Sequence[State],
    masks: Sequence[Tensor | None],
    lengths: Tensor | None,
    *,
    ends: bool = False,
) -> tuple[Tensor, list[State]]:
    """The layers of K networks between the entry and the head, differentiable.

    Args:
        entered: [K, T, B, I], padding at zero.
        state: One a layer and direction, each part [K, B, H].
        masks: Factors of the outputs of every layer, [K, T, B, directions * H] or None for one
            that drops nothing; empty where no layer does.
        lengths: Valid steps; what reads backwards starts at the last of them.
        ends: Whether the states are to be those after the last valid step.

    Returns:
        The head's inputs [K, T, B, directions * H], and the states; without `ends` they mean
        nothing where there are lengths.
    """
    current = stream = entered
    after: list[State] = []
    for layer in range(shape.num_layers):
        sides = []
        for side in range(shape.directions):
            read = reversed_steps(current, lengths) if side else current
            before = state[layer * shape.directions + side]
            outputs, last = _one_layer(shape, weights, layer, side, read, before, lengths, ends)
            sides.append(reversed_steps(outputs, lengths) if side else outputs)
            after.append(last)
        current = sides[0] if len(sides) == 1 else torch.cat(sides, -1)
        if shape.layer_norm:
            current = _normalised(shape, weights, layer, current)
        if shape.residual and layer:
            current = stream + current
        stream = current
        if masks and (mask := masks[layer]) is not None:
            current = current * mask
    return current, after


def _one_layer(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    layer: int,
    side: int,
    inputs: Tensor,
    state: State,
    lengths: Tensor | None,
    ends: bool,
) -> tuple[Tensor, State]:
    """One layer in one direction, along the steps as they are given; see `run_layers`."""
    end = f"_l{layer}" + "_reverse" * side
    if not has_kernels(shape.cell):
        prefix, suffix = "rnn.", end
        if is_custom(shape.cell):
            prefix, suffix = f"rnn.{custom_module_name(layer, side)}.", ""
        mine = {
            name.removeprefix(prefix).removesuffix(suffix): weight
            for name, weight in weights.items()
            if name.startswith(prefix) and name.endswith(suffix)
        }
        return traced.layer(shape.cell, shape.widths[layer], inputs, mine, state, lengths)
    head = weights["head.bias"]
    kernel, made = layers_of(shape, *inputs.shape[:3], head.device, head.dtype)[layer]
    if ends and lengths is not None and not kernel.ends:
        kernel = kernels()["batched"]
    four = layer_weights(shape, weights, layer, side)
    return differentiable.layer(kernel, made, inputs.contiguous(), four, state, lengths)


def _normalised(
    shape: NetworkShape, weights: Mapping[str, Tensor], layer: int, outputs: Tensor
) -> Tensor:
    """Outputs over their own units at mean 0 and variance 1, times a gain plus a bias."""
    assert shape.own_widths is not None
    own_width, width, both = shape.own_widths[layer], shape.widths[layer], shape.directions
    gain, bias = (weights[f"rnn.norm_{name}_l{layer}"] for name in ("weight", "bias"))

    def cut(padded: Tensor) -> Tensor:
        sides = padded.view(*padded.shape[:-1], both, width)
        return sides[..., :own_width].flatten(-2)

    mine = cut(outputs)
    normal = functional.layer_norm(mine, mine.shape[-1:])
    found = shift(scale(normal, cut(gain)), cut(bias))
    padded = functional.pad(found.view(*found.shape[:-1], both, own_width), (0, width - own_width))
    return padded.flatten(-2)


def layer_weights(
    shape: NetworkShape, weights: Mapping[str, Tensor], layer: int, side: int = 0
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """w_ih, w_hh, b_ih and b_hh of a classic layer; zeros for biases that are not there."""
    end = f"_l{layer}" + "_reverse" * side
    into, across = weights[f"rnn.weight_ih{end}"], weights[f"rnn.weight_hh{end}"]
    if not shape.bias:
        nothing = into.new_zeros(into.shape[:2])
        return into, across, nothing, nothing
    return into, across, weights[f"rnn.bias_ih{end}"], weights[f"rnn.bias_hh{end}"]


def head_outputs(
    current: Tensor, weight: Tensor, bias: Tensor, into: Tensor | None = None
) -> Tensor:
    """[K, T, B, H] through weight [K, O, H] to [K, T, B, O], where wanted `into` a tensor."""
    members, steps, batch, width = current.shape
    rows = current.reshape(members, steps * batch, width)
    if weight.shape[1] == 1:
        # MKL multiplies a matrix by one column in another way for one member than for several,
        # and rounds differently; one row by a matrix it does alike.
        room = None if into is None else into.view(members, 1, steps * batch)
        outputs = torch.baddbmm(bias.unsqueeze(2), weight, rows.transpose(1, 2), out=room)
    else:
        room = None if into is None else into.view(members, steps * batch, -1)
        outputs = torch.baddbmm(bias.unsqueeze(1), rows, weight.transpose(1, 2), out=room)
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
