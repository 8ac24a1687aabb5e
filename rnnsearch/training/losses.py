"""Losses as one mean a trial, with their derivatives; no trial's depends on its neighbours."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Loss = Literal["mse", "cross_entropy"]


def losses_and_slopes(loss: Loss, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Each trial's own mean over its steps, sequences and outputs, and its derivative.

    Args:
        loss: `mse` with targets [K, T, B, O], or `cross_entropy` in nats with targets [K, T, B].
        outputs: Of the head, [K, T, B, O].

    Returns:
        Losses [K], and the gradient of each in its trial's outputs, [K, T, B, O].
    """
    members, symbols = outputs.shape[0], outputs.shape[-1]
    if loss == "mse":
        difference = outputs - targets
        losses = difference.square().flatten(1).mean(1)
        return losses, difference.mul_(2 * members / difference.numel())
    logs = torch.log_softmax(outputs, -1)
    flat = targets.reshape(-1)
    picked = functional.nll_loss(logs.reshape(-1, symbols), flat, reduction="none")
    slopes = logs.exp_()
    slopes.view(-1, symbols).scatter_add_(1, flat.unsqueeze(1), slopes.new_full((len(flat), 1), -1))
    return picked.view(members, -1).mean(1), slopes.mul_(members / len(flat))
