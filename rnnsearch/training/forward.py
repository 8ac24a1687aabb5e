"""The forward pass of K networks of one shape, from their inputs to the outputs of the head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.cells import has_kernels
from rnnsearch.models.config import is_custom
from rnnsearch.models.weights import custom_module_name
from rnnsearch.tasks.base import Head
from rnnsearch.training import draws
from rnnsearch.training.custom_cells import custom_layer
from rnnsearch.training.custom_networks import custom_forward
from rnnsearch.training.kernels import differentiable, traced
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.choice import kernels
from rnnsearch.training.kernels.products import scale, shift
from rnnsearch.training.networks import Masks, Networks
from rnnsearch.training.padding import last_read, reversed_steps, seen, valid_steps
from rnnsearch.training.shapes import gathered, layer_state


def forward(
    networks: Networks,
    inputs: Tensor,
    state: State,
    *,
    head: Head = "every",
    lengths: Tensor | None = None,
    masks: Masks = (),
    ends: bool = True,
) -> tuple[Tensor, State]:
    """Run K networks over a piece of their sequences.

    Args:
        inputs: Numbers [K, T, B, F], or symbols int64 [K, T, B].
        state: Each part [K, layers * directions, B, H].
        head: Whether to give the outputs of every time step, or of the last valid one.
        lengths: Valid time steps of each sequence, int64 [K, B] or [1, B]; None where all are.
        ends: Whether the state after the sequences is wanted where there are lengths.

    Returns:
        Outputs [K, T, B, O] or [K, 1, B, O], and the state after the last valid time step, shaped
        as `state`; without `ends` the state means nothing.
    """
    if lengths is not None:
        lengths = lengths.expand(len(inputs), -1)
        inputs = seen(inputs, valid_steps(lengths, inputs.shape[1]))
    if networks.shape.custom is not None:
        return custom_forward(networks, inputs, state, head, lengths, ends=ends)
    shape, entered = networks.shape, networks.enter(inputs)
    before = layer_state(shape, state)
    current, after = run_layers(networks, entered, before, masks, lengths, ends=ends)
    if head == "last":
        current = last_read(current, lengths, shape.directions)
    return head_outputs(current, *networks.head), gathered(shape, after)


def run_layers(
    networks: Networks,
    entered: Tensor,
    state: Sequence[State],
    masks: Masks,
    lengths: Tensor | None,
    *,
    ends: bool = False,
    seeds: Tensor | None = None,
) -> tuple[Tensor, list[State]]:
    """The layers of K networks between the entry and the head, differentiable by autograd.

    Args:
        entered: What the first layer reads, [K, T, B, I], with zeros for padding.
        state: One a layer and direction, each part [K, B, H].
        lengths: Valid time steps; a layer that reads backwards starts at the last of them.
        ends: Whether the states after the sequences are wanted where there are lengths.
        seeds: By which custom cells drop in training, int32 [K].

    Returns:
        What the head reads [K, T, B, directions * H], and the states after the last valid time
        step; without `ends` the states mean nothing where there are lengths.
    """
    shape = networks.shape
    current = stream = entered
    after: list[State] = []
    for layer in range(shape.num_layers):
        sides = []
        for side in range(shape.directions):
            read = reversed_steps(current, lengths) if side else current
            number = layer * shape.directions + side
            own_seeds = None if seeds is None else draws.call_key(seeds, number + 1)
            outputs, last = _one_layer(
                *(networks, layer, side, read, state[number], lengths, ends, own_seeds)
            )
            sides.append(reversed_steps(outputs, lengths) if side else outputs)
            after.append(last)
        current = sides[0] if len(sides) == 1 else torch.cat(sides, -1)
        if shape.layer_norm:
            current = _normalised(networks, layer, current)
        if shape.residual and layer:
            current = stream + current
        stream = current
        if masks and (mask := masks[layer]) is not None:
            current = current * mask
    return current, after


def _one_layer(
    networks: Networks,
    layer: int,
    side: int,
    inputs: Tensor,
    state: State,
    lengths: Tensor | None,
    ends: bool,
    seeds: Tensor | None,
) -> tuple[Tensor, State]:
    """One layer in one direction, along the time steps in their given order; see `run_layers`."""
    shape = networks.shape
    if not has_kernels(shape.cell):
        prefix, suffix = "rnn.", f"_l{layer}" + "_reverse" * side
        if is_custom(shape.cell):
            prefix, suffix = f"rnn.{custom_module_name(layer, side)}.", ""
        weights = {
            name.removeprefix(prefix).removesuffix(suffix): weight
            for name, weight in networks.weights.items()
            if name.startswith(prefix) and name.endswith(suffix)
        }
        if is_custom(shape.cell):
            units = shape.widths[layer]
            return custom_layer(shape.cell, units, inputs, weights, state, lengths, seeds)
        return traced.layer(shape.cell, inputs, weights, state, lengths)
    kernel, made = networks.layers(inputs)[layer]
    if ends and lengths is not None and not kernel.ends:
        kernel = kernels()["batched"]
    four = networks.layer_weights(layer, side)
    return differentiable.layer(kernel, made, inputs.contiguous(), four, state, lengths)


def _normalised(networks: Networks, layer: int, outputs: Tensor) -> Tensor:
    """Layer normalisation: outputs at mean 0 and variance 1 over each trial's own units, times a
    learned gain, plus a learned bias."""
    shape = networks.shape
    assert shape.own_widths is not None
    own_width, width, both = shape.own_widths[layer], shape.widths[layer], shape.directions
    gain, bias = (networks.weights[f"rnn.norm_{name}_l{layer}"] for name in ("weight", "bias"))

    def cut(padded: Tensor) -> Tensor:
        sides = padded.view(*padded.shape[:-1], both, width)
        return sides[..., :own_width].flatten(-2)

    unpadded = cut(outputs)
    normal = functional.layer_norm(unpadded, unpadded.shape[-1:])
    scaled = shift(scale(normal, cut(gain)), cut(bias))
    sides = scaled.view(*scaled.shape[:-1], both, own_width)
    return functional.pad(sides, (0, width - own_width)).flatten(-2)


def head_outputs(
    current: Tensor, weight: Tensor, bias: Tensor, into: Tensor | None = None
) -> Tensor:
    """What the head makes of [K, T, B, H]: outputs [K, T, B, O].

    Args:
        weight: [K, O, H].
        bias: [K, O].
        into: A tensor to write the outputs into; None makes one.
    """
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
