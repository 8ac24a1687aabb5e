"""Adam, AdamW and SGD with torch's equations, for many trials in a handful of operators.

Every setting and every step count belongs to one trial. An operator that only some trials need
(clipping, weight decay, momentum) runs for all with the neutral element, which changes no bit,
and not at all where nobody needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnsearch.training.config import TrainingConfig

ADAM_EPSILON = 1e-8
CLIP_EPSILON = 1e-6
"""torch's `clip_grad_norm_` divides by the norm plus this."""


def moments(optimizer: str) -> int:
    """Rows of state a trial keeps beside its parameters."""
    return 1 if optimizer == "sgd" else 2


@dataclass(frozen=True, slots=True)
class Settings:
    """Columns [K, 1] in the dtype of the parameters, powers aside; None where nobody needs one."""

    adaptive: bool
    learning_rate: Tensor
    powers_base: Tensor
    """Both betas in float64, [K, 2]; of SGD unused."""
    blend1: Tensor
    beta2: Tensor
    blend2: Tensor
    momentum: Tensor | None
    l2: Tensor | None
    shrink: Tensor | None
    """1 - learning_rate * weight_decay of `adamw`."""
    clip_norm: Tensor | None


def settings(
    configs: Sequence[TrainingConfig], device: torch.device, dtype: torch.dtype
) -> Settings:
    """The columns for the trials of a stack, all of them Adam and AdamW, or all SGD."""

    def column(values: Sequence[float], neutral: float) -> Tensor | None:
        if all(value == neutral for value in values):
            return None
        return filled(values)

    def filled(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=dtype, device=device).unsqueeze(1)

    adaptive = configs[0].optimizer != "sgd"
    return Settings(
        adaptive=adaptive,
        learning_rate=torch.tensor(
            [c.learning_rate for c in configs], dtype=torch.float64, device=device
        ),
        powers_base=torch.tensor(
            [[c.beta1, c.beta2] for c in configs], dtype=torch.float64, device=device
        ),
        blend1=filled([1 - c.beta1 for c in configs]),
        beta2=filled([c.beta2 for c in configs]),
        blend2=filled([1 - c.beta2 for c in configs]),
        momentum=None if adaptive else column([c.momentum for c in configs], 0.0),
        l2=column([0.0 if c.optimizer == "adamw" else c.weight_decay for c in configs], 0.0),
        shrink=column(
            [
                1 - c.learning_rate * c.weight_decay if c.optimizer == "adamw" else 1.0
                for c in configs
            ],
            1.0,
        ),
        clip_norm=column(
            [float("inf") if c.clip_norm is None else c.clip_norm for c in configs], float("inf")
        ),
    )


def clip_(gradients: Tensor, norms: Tensor, clip_norm: Tensor) -> None:
    """Scale each row of [K, N] down to its own largest norm, as `clip_grad_norm_` does."""
    scale = clip_norm / (norms.unsqueeze(1) + CLIP_EPSILON)
    gradients.mul_(scale.clamp_(max=1.0))


@dataclass(frozen=True, slots=True)
class Corrections:
    """What Adam's equations take from the number of each step, for the next n steps."""

    powers: Tensor
    """beta1**t and beta2**t after each of 0 to n steps, float64 [n + 1, K, 2]."""
    rates: Tensor
    """Learning rates, for Adam over the first moments' bias; [n, K, 1]."""
    roots: Tensor
    """Roots of the second moments' bias, [n, K, 1]; of SGD unused."""


def corrections(how: Settings, powers: Tensor, count: int, dtype: torch.dtype) -> Corrections:
    """For the steps that follow `powers`, float64 [K, 2]; computed ahead, all at once."""
    if not how.adaptive:
        still = powers.expand(count + 1, -1, -1)
        rates = how.learning_rate.to(dtype).view(1, -1, 1).expand(count, -1, -1)
        return Corrections(still, rates, rates)
    # On the CPU a product after the other, so that the blocks leave no trace; in float64, as
    # Python computes the corrections for torch's optimizers.
    steps = how.powers_base.expand(count, -1, -1)
    after = torch.cat([powers.unsqueeze(0), steps]).cpu().cumprod(0).to(powers.device)
    correction = 1 - after[1:]
    return Corrections(
        after,
        (how.learning_rate / correction[..., 0]).to(dtype).unsqueeze(-1),
        correction[..., 1].sqrt().to(dtype).unsqueeze(-1),
    )


def update_(
    how: Settings,
    parameters: Tensor,
    gradients: Tensor,
    first: Tensor,
    second: Tensor | None,
    rate: Tensor,
    root: Tensor,
) -> None:
    """One optimizer step in place.

    Args:
        parameters: [K, N].
        gradients: [K, N], already clipped; overwritten.
        first: First moments, or momentum buffers.
        second: Second moments; None for SGD.
        rate: Of this step's `Corrections`, [K, 1].
        root: The same.
    """
    if how.shrink is not None:
        parameters.mul_(how.shrink)
    if how.l2 is not None:
        gradients.addcmul_(parameters, how.l2)
    if second is None:
        if how.momentum is not None:
            gradients = first.mul_(how.momentum).add_(gradients)
        parameters.addcmul_(gradients, rate, value=-1)
        return
    first.lerp_(gradients, how.blend1)
    second.mul_(how.beta2).addcmul_(gradients.mul_(gradients), how.blend2)
    denominator = torch.sqrt(second, out=gradients).div_(root).add_(ADAM_EPSILON)
    parameters.addcmul_(torch.div(first, denominator, out=denominator), rate, value=-1)
