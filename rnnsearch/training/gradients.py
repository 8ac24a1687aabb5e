"""Losses and gradients of the networks of a stack: one pass forward and back, written by hand.

The same functions as `forward`, with dropout between the layers, and their derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnsearch.tasks.base import Batch, Head
from rnnsearch.training.forward import (
    enter,
    head_outputs,
    layer_weights,
    layers_of,
    run_layers,
    table_starts,
)
from rnnsearch.training.kernels.base import State
from rnnsearch.training.losses import LossShape, losses_and_slopes
from rnnsearch.training.packed import head_pass
from rnnsearch.training.padding import last_read, seen, spread_read, valid_steps
from rnnsearch.training.shapes import NetworkShape, learned_state


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found.

    Attributes:
        losses: [K].
        gradients: Of each trial's own loss, in the order of the layout.
        after: The state after the last step, one a layer, each part [K, B, H]; of sequences of
            unequal length it means nothing.
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
    masks: Sequence[Tensor | None],
    rows: Sequence[Tensor] | None = None,
) -> Pass:
    """Run K networks over a chunk of time and back; call it under `no_grad`.

    Args:
        weights: Padded, each [K, ...], under the names of `models.network`.
        batch: With contiguous inputs.
        head: Where the outputs are that the targets are for.
        state: One a layer and direction, each part [K, B, H], contiguous; not read where
            networks learn theirs.
        masks: Factors of the outputs of every layer, [K, T, B, directions * H] or None for one
            that drops nothing; empty where no layer does.
        rows: Of `valid_rows`, where a head that answers at every step is to read no padding.
    """
    lengths = batch.lengths
    valid = None if lengths is None else valid_steps(lengths, batch.inputs.shape[1])
    inputs = batch.inputs if valid is None else seen(batch.inputs, valid)
    entered = enter(shape, weights, inputs)
    layers = _chain if shape.by_hand else _traced
    current, after, pull = layers(shape, weights, entered, state, masks, lengths)
    weight, bias = weights["head.weight"], weights["head.bias"]
    if rows is not None and head == "every":
        losses, arriving, *found = head_pass(current, weight, bias, batch.targets, loss, rows)
    else:
        above = current
        if head == "last":
            above = last_read(current, lengths, shape.directions)
            valid = None if lengths is None else lengths.unsqueeze(1) > 0
        outputs = head_outputs(above, weight, bias)
        losses, slopes = losses_and_slopes(loss, outputs, batch.targets, valid)
        arriving, *found = _head_gradients(above, weight, slopes)
        if head == "last":
            arriving = spread_read(arriving, lengths, batch.inputs.shape[1], shape.directions)
    below, own = pull(arriving)
    if below is not None:
        own.insert(0, _embedding_gradient(shape, weights, inputs, entered, below))
    return Pass(losses, [*own, *found], after)


Pull = Callable[[Tensor], tuple[Tensor | None, list[Tensor]]]
"""The slopes of the head's inputs to those of what entered (None unless it is embedded) and of
every weight of the layers, in the order of the layout."""


def _chain(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    entered: Tensor,
    state: Sequence[State],
    masks: Sequence[Tensor | None],
    lengths: Tensor | None,
) -> tuple[Tensor, list[State], Pull]:
    """Layer on layer of a classic cell, with the derivative by hand."""
    current, device, dtype = entered, entered.device, weights["head.bias"].dtype
    after, kept = [], []
    layers = layers_of(shape, *entered.shape[:3], device, dtype)
    for number, (kernel, layer) in enumerate(layers):
        four = layer_weights(shape, weights, number)
        operands = (current.contiguous(), *four, *state[number])
        current, last, saved = kernel.forward(layer, operands, lengths)
        after.append(last)
        kept.append(saved)
        if masks and (mask := masks[number]) is not None:
            current = current * mask

    def pull(arriving: Tensor) -> tuple[Tensor | None, list[Tensor]]:
        below: Tensor | None = arriving
        found: list[Tensor] = []
        nothing = (None,) * shape.state_parts
        for number, (kernel, layer) in reversed(list(enumerate(layers))):
            assert below is not None  # asked for of every layer but the first
            if masks and (mask := masks[number]) is not None:
                below = below * mask
            read = number > 0 or shape.embedding_size is not None
            wanted = (read, *[True] * 4, *[False] * shape.state_parts)
            below, *own = kernel.backward(layer, kept.pop(), below, nothing, wanted)
            found[:0] = [one for one in own[: 4 if shape.bias else 2] if one is not None]
        return below, found

    return current, after, pull


def _traced(
    shape: NetworkShape,
    weights: Mapping[str, Tensor],
    entered: Tensor,
    state: Sequence[State],
    masks: Sequence[Tensor | None],
    lengths: Tensor | None,
) -> tuple[Tensor, list[State], Pull]:
    """Any layers, with the derivative by torch's autograd."""
    names = [name for name in weights if name.startswith("rnn.")]
    leaves = {name: weights[name].detach().requires_grad_() for name in names}
    known = {**weights, **leaves}
    embedded = shape.embedding_size is not None
    entry = entered.detach().requires_grad_(embedded)
    with torch.enable_grad():
        if shape.learned:
            batch = entered.shape[2]
            state = [learned_state(shape, known, n, batch) for n in range(len(state))]
        current, after = run_layers(shape, known, entry, state, masks, lengths)

    def pull(arriving: Tensor) -> tuple[Tensor | None, list[Tensor]]:
        wanted = [entry, *leaves.values()] if embedded else list(leaves.values())
        # A cell of the user's may leave a weight unused.
        found = list(
            torch.autograd.grad(
                current, wanted, arriving, allow_unused=True, materialize_grads=True
            )
        )
        return (found.pop(0) if embedded else None), found

    return current.detach(), [tuple(p.detach() for p in parts) for parts in after], pull


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
    if table.device.type != "cpu":
        # Beyond 3,072 symbols torch's own operator looks at a count on the host, which a captured
        # step must not; and this sums in one order every time.
        onehot = table.new_zeros(len(table), symbols[0].numel(), shape.input_size)
        onehot.scatter_(-1, symbols.reshape(len(table), -1, 1), 1.0)
        return torch.bmm(onehot.transpose(1, 2), arriving.reshape(*onehot.shape[:2], -1))
    rows = symbols + table_starts(table, shape.input_size)
    count = len(table) * shape.input_size
    gradient: Tensor = torch.ops.aten.embedding_dense_backward(
        arriving.reshape(entered.shape), rows, count, -1, False
    )
    return gradient.view(table.shape)
