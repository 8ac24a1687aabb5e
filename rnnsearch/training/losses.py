"""Losses as one mean a trial, with their derivatives; no trial's depends on its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.tasks.base import Loss, TaskData


@dataclass(frozen=True, slots=True)
class LossShape:
    """What trials that are computed together share of their loss.

    Attributes:
        quantiles: Of `quantile`; else empty.
    """

    name: Loss
    quantiles: tuple[float, ...] = ()


def loss_shape(wanted: Loss | None, data: TaskData) -> LossShape:
    """A trial's loss: the one that its config names, or the first of the task's."""
    name = data.losses[0] if wanted is None else wanted
    return LossShape(name, data.quantiles if name == "quantile" else ())


def losses_and_gradients(
    loss: LossShape, outputs: Tensor, targets: Tensor, valid: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Each trial's own mean over its valid steps, sequences and outputs, and its derivative.

    Args:
        outputs: Of the head, [K, T, B, O]; of `quantile` O counts quantiles, fastest.
        targets: Of `cross_entropy` classes int64 [K, T, B]; else numbers [K, T, B, targets].
        valid: Bool [K, T, B], which steps of which sequences count, whatever the others hold;
            None for all.

    Returns:
        Losses [K], zero where nothing is valid, and the gradient of each in its trial's outputs,
        [K, T, B, O].
    """
    if loss.name == "cross_entropy":
        values, slopes = _cross_entropy(outputs, targets, valid)
    elif loss.name == "bce":
        values, slopes = _bce(outputs, targets)
    elif loss.name == "quantile":
        values, slopes = _quantile(outputs, targets, loss.quantiles)
    else:
        values, slopes = _distance(loss.name, outputs - targets)
    if valid is None:
        share = len(values) / values.numel()
        return values.flatten(1).mean(1), slopes.mul_(_twice(loss) * share)
    each = valid.unsqueeze(-1)
    values = torch.where(each, values, 0.0)
    count = valid.flatten(1).sum(1).clamp(min=1) * values.shape[-1]
    shares = 1 / count.to(values.dtype)
    slopes = torch.where(each, slopes.mul_(_twice(loss) * shares.view(-1, 1, 1, 1)), 0.0)
    return values.flatten(1).sum(1) * shares, slopes


def _twice(loss: LossShape) -> int:
    """The factor that the slopes of a square wait for, so that it costs no operator."""
    return 2 if loss.name == "mse" else 1


def _distance(name: Loss, difference: Tensor) -> tuple[Tensor, Tensor]:
    """Losses of the difference alone, and their slopes (of `mse` halved), each [K, T, B, O]."""
    if name == "mse":
        return difference.square(), difference
    if name == "l1":
        return difference.abs(), difference.sign()
    # In the middle s = d, so that s * (d - s / 2) is d * d / 2; beyond it is |d| - 1/2.
    slopes = difference.clamp(-1, 1)
    return slopes * (difference - slopes / 2), slopes


def _cross_entropy(outputs: Tensor, targets: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor]:
    """In nats, [K, T, B, 1]."""
    if valid is not None:
        targets = torch.where(valid, targets, 0)  # padding may hold what is no class
    symbols = outputs.shape[-1]
    logs = torch.log_softmax(outputs, -1)
    flat = targets.reshape(-1)
    picked = functional.nll_loss(logs.reshape(-1, symbols), flat, reduction="none")
    slopes = logs.exp_()
    slopes.view(-1, symbols).scatter_add_(1, flat.unsqueeze(1), slopes.new_full((len(flat), 1), -1))
    return picked.view(*targets.shape, 1), slopes


def _bce(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Binary cross entropy of logits, in nats.

    Through operators that round alike in every place; torch's own sigmoid differs at the end of a
    buffer.
    """
    rest = outputs.abs().neg_().exp_().log1p_()
    values = outputs.clamp(min=0) - outputs * targets + rest
    return values, outputs.div(2).tanh_().add_(1).div_(2).sub_(targets)


def _quantile(
    outputs: Tensor, targets: Tensor, quantiles: tuple[float, ...]
) -> tuple[Tensor, Tensor]:
    """Pinball loss max(q * d, (q - 1) * d) of d = target - output (Koenker and Bassett, 1978)."""
    # Not `new_tensor`, which copies from the host and so waits for a GPU.
    levels = torch.cat([outputs.new_full((1,), quantile) for quantile in quantiles]) - 0.5
    inner = (*targets.shape, len(quantiles))
    difference = targets.unsqueeze(-1) - outputs.reshape(inner)
    values = levels * difference + 0.5 * difference.abs()
    slopes = -levels - 0.5 * difference.sign()
    return values.reshape(outputs.shape), slopes.reshape(outputs.shape)
