"""Losses and their gradients: one mean a trial, which does not depend on the trials beside it.

Each loss is computed with its derivative, number by number; only then is the mean taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.errors import PackError
from rnnsearch.models.config import is_custom
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.class_measures import NO_CLASSES, weights_of
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.custom_losses import custom_losses


@dataclass(frozen=True, slots=True)
class LossShape:
    """The loss, as far as trials of one stack share it.

    Attributes:
        name: One of `Loss`, or the dotted path of a custom one.
        quantiles: The levels of the loss `quantile`; of other losses empty.
        class_weights: Of the loss `cross_entropy`, what the loss of a target of each class is
            multiplied with; empty for ones.
    """

    name: str
    quantiles: tuple[float, ...] = ()
    class_weights: tuple[float, ...] = ()

    @property
    def custom(self) -> bool:
        """Whether a person brought it."""
        return is_custom(self.name)


def loss_shape(how: TrainingConfig, data: TaskData) -> LossShape:
    """The loss that a trial's config names, or where that is None the first of its task's.

    Raises:
        PackError: Classes are to be weighted, and the task has none.
    """
    name = data.losses[0] if how.loss is None else how.loss
    weights: tuple[float, ...] = ()
    if how.class_weights is not None:
        weights = weights_of(how.class_weights, data)
        if not weights:
            raise PackError(f"training.class_weights: the task {NO_CLASSES}")
        if is_custom(name):
            raise PackError("training.class_weights goes with cross_entropy, not with your loss")
    return LossShape(name, data.quantiles if name == "quantile" else (), weights)


def losses_and_gradients(
    loss: LossShape,
    outputs: Tensor,
    targets: Tensor,
    valid: Tensor | None = None,
    weights: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean loss of each trial over its valid time steps, sequences and outputs, with gradients.

    Args:
        outputs: Of the head, [K, T, B, O]. For the loss `quantile` the axis O holds all quantiles
            of the first target, then those of the second, and so on.
        targets: Classes int64 [K, T, B] for `cross_entropy`; else numbers [K, T, B, targets].
        valid: Which time steps of which sequences count, bool [K, T, B], whatever the others hold;
            None for all.
        weights: What each loss is multiplied with, [K, T, B]; None for ones. The mean stays one
            over the number of losses, so that a weight has its effect in a batch of one target too.

    Returns:
        Losses [K], zero where nothing is valid, and the gradient of each in its trial's outputs,
        [K, T, B, O].
    """
    if loss.custom:
        if weights is not None:
            raise PackError("task.sample_weight does not go with a loss of your own")
        return custom_losses(loss.name, outputs, targets, valid)
    if loss.name == "cross_entropy":
        values, gradients = _cross_entropy(outputs, targets, valid, loss.class_weights)
    elif loss.name == "bce":
        values, gradients = _bce(outputs, targets)
    elif loss.name == "quantile":
        values, gradients = _quantile(outputs, targets, loss.quantiles)
    else:
        values, gradients = _distance(loss.name, outputs - targets)
    if weights is not None:
        values, gradients = values * weights.unsqueeze(-1), gradients * weights.unsqueeze(-1)
    if valid is None:
        share = len(values) / values.numel()
        return values.flatten(1).mean(1), gradients.mul_(_twice(loss) * share)
    each = valid.unsqueeze(-1)
    values = torch.where(each, values, 0.0)
    count = valid.flatten(1).sum(1).clamp(min=1) * values.shape[-1]
    shares = 1 / count.to(values.dtype)
    gradients = torch.where(each, gradients.mul_(_twice(loss) * shares.view(-1, 1, 1, 1)), 0.0)
    return values.flatten(1).sum(1) * shares, gradients


def _twice(loss: LossShape) -> int:
    """The factor that the gradient of a square still lacks, to be multiplied with the mean's."""
    return 2 if loss.name == "mse" else 1


def _distance(name: str, difference: Tensor) -> tuple[Tensor, Tensor]:
    """Losses of the difference alone, and gradients (of `mse` halved), each [K, T, B, O]."""
    if name == "mse":
        return difference.square(), difference
    if name == "l1":
        return difference.abs(), difference.sign()
    # The Huber loss. In the middle the gradient g is d, so that g * (d - g / 2) is d * d / 2;
    # beyond it is |d| - 1/2.
    gradients = difference.clamp(-1, 1)
    return gradients * (difference - gradients / 2), gradients


def _cross_entropy(
    outputs: Tensor, targets: Tensor, valid: Tensor | None, weights: tuple[float, ...]
) -> tuple[Tensor, Tensor]:
    """Cross entropy of classes in nats, [K, T, B, 1], and gradients [K, T, B, O].

    Args:
        weights: Of the classes; empty for ones.
    """
    if valid is not None:
        targets = torch.where(valid, targets, 0)  # padding may hold what is no class
    symbols = outputs.shape[-1]
    logs = torch.log_softmax(outputs, -1)
    flat = targets.reshape(-1)
    picked = functional.nll_loss(logs.reshape(-1, symbols), flat, reduction="none")
    gradients = logs.exp_()
    gradients.view(-1, symbols).scatter_add_(
        1, flat.unsqueeze(1), gradients.new_full((len(flat), 1), -1)
    )
    if weights:
        each = _on_device(weights, outputs.device, outputs.dtype)[flat]
        picked = picked * each
        gradients.view(-1, symbols).mul_(each.unsqueeze(1))
    return picked.view(*targets.shape, 1), gradients


@lru_cache(maxsize=64)
def _on_device(numbers: tuple[float, ...], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Numbers as a tensor that is made once: a copy from the host waits for a GPU, and cannot be
    recorded."""
    return torch.tensor(numbers, dtype=dtype, device=device)


def _bce(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Binary cross entropy of logits in nats, and gradients, each [K, T, B, O].

    It is computed by operators that round alike in every place of a tensor; torch's own sigmoid
    rounds otherwise at the end of a buffer.
    """
    rest = outputs.abs().neg_().exp_().log1p_()
    values = outputs.clamp(min=0) - outputs * targets + rest
    return values, outputs.div(2).tanh_().add_(1).div_(2).sub_(targets)


def _quantile(
    outputs: Tensor, targets: Tensor, quantiles: tuple[float, ...]
) -> tuple[Tensor, Tensor]:
    """The pinball loss max(q * d, (q - 1) * d) of d = target - output, for each quantile q.

    Koenker and Bassett, "Regression Quantiles", 1978.
    """
    # Not `new_tensor`, which copies from the host and so waits for a GPU.
    levels = torch.cat([outputs.new_full((1,), quantile) for quantile in quantiles]) - 0.5
    inner = (*targets.shape, len(quantiles))
    difference = targets.unsqueeze(-1) - outputs.reshape(inner)
    values = levels * difference + 0.5 * difference.abs()
    gradients = -levels - 0.5 * difference.sign()
    return values.reshape(outputs.shape), gradients.reshape(outputs.shape)
