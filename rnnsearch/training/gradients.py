"""The losses of the networks of a stack and their gradients: one pass forward and one back.

The forward pass computes what `forward` does, with dropout between the layers. Of a chain of cells
that torch has, the derivatives are written by hand; of all others autograd computes them, and those
of networks that a person brought stand in `custom_networks`. What becomes of the gradients
(clipping, the optimizer's update) stands in `stepping/step.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnsearch.models.config import is_custom
from rnnsearch.tasks.base import Batch, Head
from rnnsearch.training.custom_networks import custom_pass
from rnnsearch.training.forward import head_outputs, run_layers
from rnnsearch.training.fused.calls import steadily
from rnnsearch.training.kernels.base import State
from rnnsearch.training.losses import LossShape, losses_and_gradients
from rnnsearch.training.networks import Masks, Networks
from rnnsearch.training.packed import head_pass
from rnnsearch.training.padding import last_read, seen, spread_read, valid_steps


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass computed.

    Attributes:
        losses: [K].
        gradients: Of each trial's own loss in its weights, each [K, ...], in the order of the
            layout.
        after: The state after the last time step, one a layer and direction, each part [K, B, H];
            of sequences of unequal length it means nothing.
    """

    losses: Tensor
    gradients: list[Tensor]
    after: list[State]


def training_pass(
    networks: Networks,
    batch: Batch,
    loss: LossShape,
    head: Head,
    state: Sequence[State],
    masks: Masks,
    rows: Sequence[Tensor] | None = None,
    seeds: Tensor | None = None,
) -> Pass:
    """Run K networks forward over a batch and back; call it under `no_grad`.

    Args:
        batch: With contiguous inputs.
        head: At which time steps the outputs are that the targets are for.
        state: One a layer and direction, each part [K, B, H], contiguous; not read where
            networks learn theirs.
        rows: Of `valid_rows`, where a head that answers at every time step is to read no padding.
        seeds: By which custom networks and cells drop, int32 [K]; None for all others.
    """
    shape, lengths = networks.shape, batch.lengths
    valid = None if lengths is None else valid_steps(lengths, batch.inputs.shape[1])
    inputs = batch.inputs if valid is None else seen(batch.inputs, valid)
    if shape.custom is not None:
        assert seeds is not None
        if head == "last" and lengths is not None:
            valid = lengths.unsqueeze(1) > 0
        shown = replace(batch, inputs=inputs)
        return Pass(*custom_pass(networks, shown, loss, head, state, seeds, valid))
    entered = networks.enter(inputs)
    if shape.by_hand:
        current, after, backward = _chain(networks, entered, state, masks, lengths)
    else:
        current, after, backward = _traced(networks, entered, state, masks, lengths, seeds)
    if rows is not None and head == "every" and not loss.custom:
        losses, arriving, *last = head_pass(
            current, *networks.head, batch.targets, loss, rows, batch.weights
        )
    else:
        read = current
        if head == "last":
            read = last_read(current, lengths, shape.directions)
            valid = None if lengths is None else lengths.unsqueeze(1) > 0
        outputs = head_outputs(read, *networks.head)
        losses, gradient = losses_and_gradients(loss, outputs, batch.targets, valid, batch.weights)
        arriving, *last = _head_gradients(read, networks.head[0], gradient)
        if head == "last":
            arriving = spread_read(arriving, lengths, batch.inputs.shape[1], shape.directions)
    below, first = backward(arriving)
    if below is not None:
        first.insert(0, _embedding_gradient(networks, inputs, below))
    return Pass(losses, [*first, *last], after)


Backward = Callable[[Tensor], tuple[Tensor | None, list[Tensor]]]
"""From the gradient in what the head reads to that in what entered the first layer (None unless it
is embedded), and to those in every weight of the layers, in the order of the layout."""

Layered = tuple[Tensor, list[State], Backward]
"""What the head reads [K, T, B, directions * H], the states after it, and the way back."""


def _chain(
    networks: Networks,
    entered: Tensor,
    state: Sequence[State],
    masks: Masks,
    lengths: Tensor | None,
) -> Layered:
    """Layer on layer of a cell that torch has, with the derivative by hand."""
    shape, current = networks.shape, entered
    after, kept = [], []
    layers = networks.layers(entered)
    for number, (kernel, layer) in enumerate(layers):
        operands = (current.contiguous(), *networks.layer_weights(number), *state[number])
        current, last, saved = kernel.forward(layer, operands, lengths)
        after.append(last)
        kept.append(saved)
        if masks and (mask := masks[number]) is not None:
            current = current * mask

    def backward(arriving: Tensor) -> tuple[Tensor | None, list[Tensor]]:
        below: Tensor | None = arriving
        gradients: list[Tensor] = []
        nothing = (None,) * shape.state_parts
        for number, (kernel, layer) in reversed(list(enumerate(layers))):
            assert below is not None  # asked for of every layer but the first
            if masks and (mask := masks[number]) is not None:
                below = below * mask
            read = number > 0 or shape.embedding_size is not None
            wanted = (read, *[True] * 4, *[False] * shape.state_parts)
            below, *four = kernel.backward(layer, kept.pop(), below, nothing, wanted)
            gradients[:0] = [one for one in four[: 4 if shape.bias else 2] if one is not None]
        return below, gradients

    return current, after, backward


def _traced(
    networks: Networks,
    entered: Tensor,
    state: Sequence[State],
    masks: Masks,
    lengths: Tensor | None,
    seeds: Tensor | None,
) -> Layered:
    """Any layers, with the derivative by torch's autograd."""
    shape, weights = networks.shape, networks.weights
    names = [name for name in weights if name.startswith("rnn.")]
    leaves = {name: weights[name].detach().requires_grad_() for name in names}
    watched = replace(networks, weights={**weights, **leaves})
    embedded = shape.embedding_size is not None
    entry = entered.detach().requires_grad_(embedded)
    with torch.enable_grad():
        if shape.learned:
            batch = entered.shape[2]
            state = [watched.learned_state(number, batch) for number in range(len(state))]
        current, after = run_layers(watched, entry, state, masks, lengths, seeds=seeds)

    def backward(arriving: Tensor) -> tuple[Tensor | None, list[Tensor]]:
        wanted = [entry, *leaves.values()] if embedded else list(leaves.values())
        # A person's own cell may leave a weight unused.
        with steadily() if is_custom(shape.cell) else nullcontext():
            gradients = list(
                torch.autograd.grad(
                    current, wanted, arriving, allow_unused=True, materialize_grads=True
                )
            )
        return (gradients.pop(0) if embedded else None), gradients

    return current.detach(), [tuple(p.detach() for p in parts) for parts in after], backward


def _head_gradients(current: Tensor, weight: Tensor, gradient: Tensor) -> list[Tensor]:
    """The gradients in what the head reads, in its weight and in its bias.

    Args:
        current: What the head reads, [K, T, B, H].
        weight: [K, O, H].
        gradient: In the outputs, [K, T, B, O].
    """
    members, steps, batch, width = current.shape
    rows = current.reshape(members, steps * batch, width)
    gradient = gradient.view(members, steps * batch, -1)
    if weight.shape[1] == 1:
        below = gradient * weight
        # Twice the one column: MKL rounds a matrix by a vector in another way for one member than
        # for several, and a matrix by two columns alike.
        twice = torch.bmm(rows.transpose(1, 2), gradient.expand(-1, -1, 2))
        d_weight = twice[..., :1].transpose(1, 2)
    else:
        below = torch.bmm(gradient, weight)
        d_weight = torch.bmm(rows.transpose(1, 2), gradient).transpose(1, 2)
    return [below.view(members, steps, batch, width), d_weight, gradient.sum(1)]


def _embedding_gradient(networks: Networks, symbols: Tensor, arriving: Tensor) -> Tensor:
    """The gradient in the embeddings, [K, V, E], of that in their outputs, [K, T, B, E]."""
    table, count = networks.weights["embedding.weight"], networks.shape.input_size
    if table.device.type != "cpu":
        # Beyond 3,072 symbols torch's own operator looks at a count on the host, which a captured
        # training step must not; and this sums in one order every time.
        onehot = table.new_zeros(len(table), symbols[0].numel(), count)
        onehot.scatter_(-1, symbols.reshape(len(table), -1, 1), 1.0)
        return torch.bmm(onehot.transpose(1, 2), arriving.reshape(*onehot.shape[:2], -1))
    numbers = networks.table_rows(symbols)
    arriving = arriving.reshape(*symbols.shape, -1)
    gradient: Tensor = torch.ops.aten.embedding_dense_backward(
        arriving, numbers, len(table) * count, -1, False
    )
    return gradient.view(table.shape)
