"""The head, its loss and their gradients, computed on valid time steps alone.

The valid time steps of a trial are joined end to end, without the padding between them. Its sums
run over them in a fixed order, so its numbers do not depend on how far its batch was padded, nor on
the trials beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.training.losses import LossShape, losses_and_gradients

BLOCK_NUMBERS = 1 << 17
"""How many outputs are computed at once: a loss is a dozen passes over them, so they should stay in
the cache. On one core 16,000 time steps of 88 outputs took 45 ms at once and 28 in such blocks."""


def valid_rows(lengths: Tensor, steps: int) -> list[Tensor]:
    """Where the valid time steps of each trial lie in [T * B], in the order of time.

    Args:
        lengths: Valid time steps of each sequence, int64 [K, B], on the CPU.
        steps: T.

    Returns:
        One tensor a trial, int64.
    """
    time = torch.arange(steps).view(-1, 1)
    return [(time < count).view(-1).nonzero().squeeze(1) for count in lengths]


def head_pass(
    current: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    loss: LossShape,
    rows: Sequence[Tensor],
    weights: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Losses and gradients of a head that answers at every time step.

    Args:
        current: What the head reads, [K, T, B, H].
        weight: [K, O, H].
        bias: [K, O].
        targets: [K, T, B, O], or classes int64 [K, T, B].
        rows: The valid time steps of each trial, from `valid_rows`.
        weights: What each loss is multiplied with, [K, T, B]; None for ones.

    Returns:
        Losses [K], zero where nothing is valid; the gradients in `current`, zero in padding; and
        those in weight and bias.
    """
    members, steps, batch, width = current.shape
    losses = current.new_zeros(members)
    arriving = current.new_zeros(members, steps * batch, width)
    d_weight, d_bias = torch.zeros_like(weight), torch.zeros_like(bias)
    read = current.reshape(members, steps * batch, width)
    flat_targets = targets.reshape(members, steps * batch, *targets.shape[3:])
    flat_weights = None if weights is None else weights.reshape(members, steps * batch)
    block = max(1, BLOCK_NUMBERS // weight.shape[1])
    for k, valid_rows in enumerate(rows):
        for some in torch.split(valid_rows, block):
            above = read[k].index_select(0, some)
            outputs = torch.addmm(bias[k], above, weight[k].t())
            targeted = _alone(flat_targets[k].index_select(0, some))
            each = None if flat_weights is None else _alone(flat_weights[k].index_select(0, some))
            mean, gradient = losses_and_gradients(loss, _alone(outputs), targeted, None, each)
            share = len(some) / len(valid_rows)
            gradient = gradient.view(len(some), -1)
            if share < 1:
                gradient = gradient * share
            losses[k] += mean[0] * share
            d_weight[k].addmm_(gradient.t(), above)
            d_bias[k] += gradient.sum(0)
            arriving[k].index_copy_(0, some, gradient @ weight[k])
    return losses, arriving.view_as(current), d_weight, d_bias


def _alone(rows: Tensor) -> Tensor:
    """Rows [N, ...] as the time steps of one sequence of one trial, [1, N, 1, ...]."""
    return rows.view(1, len(rows), 1, *rows.shape[1:])
