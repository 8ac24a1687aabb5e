"""Losses and gradients of the networks of a stack: one pass forward and back, written by hand.

The same functions as `forward`, with dropout between the layers, and their derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnsearch.tasks.base import Batch, Head
from rnnsearch.training.forward import (
    NetworkShape,
    enter,
    head_outputs,
    layer_weights,
    layers_of,
    table_starts,
)
from rnnsearch.training.kernels import direct
from rnnsearch.training.kernels.base import State
from rnnsearch.training.losses import LossShape, losses_and_slopes
from rnnsearch.training.padding import last_valid, seen, spread_last, valid_steps


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found.

    Attributes:
        losses: [K].
        gradients: Of each trial's own loss, in the order of the layout.
        after: The state after the last step, padded ones included, one a layer, each part
            [K, B, H].
    """

    losses: Tensor
    gradients: list[Tensor]
    after: list[State]


def training_pass(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    batch: Batch,
    loss: LossShape,
    head: Head,
    state: Sequence[State],
    masks: Sequence[Tensor],
) -> Pass:
    """Run K networks over a chunk of time and back; call it under `no_grad`.

    Args:
        weights: Padded, each [K, ...], under the names of `models.network`.
        batch: With contiguous inputs.
        head: Where the outputs are that the targets are for.
        state: One a layer, each part [K, B, H], contiguous.
        masks: Factors of the outputs of every layer but the last, each [K, T, B, H]; empty
            where nothing is dropped.
    """
    weight = weights["head.weight"]
    valid = None if batch.lengths is None else valid_steps(batch.lengths, batch.inputs.shape[1])
    inputs = batch.inputs if valid is None else seen(batch.inputs, valid)
    entered = current = enter(shape, weights, inputs)
    embedded = shape.embedding_size is not None
    after, pulls = [], []
    layers = layers_of(shape, *inputs.shape[:3], weight.device, weight.dtype)
    for number, (kernel, layer) in enumerate(layers):
        current, last, pull = direct.run(
            kernel,
            layer,
            current.contiguous(),
            layer_weights(weights, number),
            state[number],
            pull_inputs=number > 0 or embedded,
        )
        after.append(last)
        pulls.append(pull)
        if masks and number + 1 < len(layers):
            current = current * masks[number]
    above = current
    if head == "last":
        above = last_valid(current, batch.lengths)
        valid = None if batch.lengths is None else batch.lengths.unsqueeze(1) > 0
    outputs = head_outputs(above, weight, weights["head.bias"])
    losses, slopes = losses_and_slopes(loss, outputs, batch.targets, valid)
    arriving, *found = _head_gradients(above, weight, slopes)
    if head == "last":
        arriving = spread_last(arriving, batch.lengths, current.shape[1])
    for number in reversed(range(len(layers))):
        if masks and number + 1 < len(layers):
            arriving = arriving * masks[number]
        below, *own = pulls[number](arriving)
        found[:0] = [gradient for gradient in own if gradient is not None]
        if below is not None:
            arriving = below
    if embedded:
        found.insert(0, _embedding_gradient(shape, weights, inputs, entered, arriving))
    return Pass(losses, found, after)


def _head_gradients(current: Tensor, weight: Tensor, slopes: Tensor) -> list[Tensor]:
    """Of the head's inputs, weight and bias; shapes of operands as in `head_outputs`."""
    members, steps, batch, width = current.shape
    rows = current.reshape(members, steps * batch, width)
    slopes = slopes.view(members, steps * batch, -1)
    if weight.shape[1] == 1:
        below = slopes * weight
        # Twice the one column: MKL rounds a matrix by a vector in another way for one member than
        # for several, and a matrix by two columns alike.
        twice = torch.bmm(rows.transpose(1, 2), slopes.expand(-1, -1, 2))
        d_weight = twice[..., :1].transpose(1, 2)
    else:
        below = torch.bmm(slopes, weight)
        d_weight = torch.bmm(rows.transpose(1, 2), slopes).transpose(1, 2)
    return [below.view(members, steps, batch, width), d_weight, slopes.sum(1)]


def _embedding_gradient(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    symbols: Tensor,
    entered: Tensor,
    arriving: Tensor,
) -> Tensor:
    """Of the embeddings [K, V, E]."""
    table = weights["embedding.weight"]
    rows = symbols + table_starts(table, shape.input_size)
    count = len(table) * shape.input_size
    gradient: Tensor = torch.ops.aten.embedding_dense_backward(
        arriving.reshape(entered.shape), rows, count, -1, False
    )
    return gradient.view(table.shape)
