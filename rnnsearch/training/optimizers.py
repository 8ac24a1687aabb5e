"""Adam, AdamW, RMSprop and SGD with torch's equations, for many trials in a handful of operators.

Every setting and every step count belongs to one trial. An operator that only some trials need
(clipping, weight decay, momentum) runs for all with the neutral element, which changes no bit,
and not at all where nobody needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import torch
from torch import Tensor

from rnnsearch.training.config import TrainingConfig

EPSILON = 1e-8
"""Added to the roots of Adam and RMSprop."""
CLIP_EPSILON = 1e-6
"""torch's `clip_grad_norm_` divides by the norm plus this."""

Rule = Literal["adam", "rmsprop", "sgd"]
"""How gradients become steps; trials of one rule share stacks. AdamW is Adam with another decay."""


def rule_of(how: TrainingConfig) -> Rule:
    """The rule of a trial's optimizer."""
    return "adam" if how.optimizer == "adamw" else how.optimizer


def moments(rule: Rule) -> int:
    """Rows of state a trial keeps beside its parameters."""
    return 1 if rule == "sgd" else 2


@dataclass(frozen=True, slots=True)
class Settings:
    """Columns [K, 1] in the dtype of the parameters, others aside; None where nobody needs one."""

    rule: Rule
    learning_rate: Tensor
    """Float64 [K]."""
    decay: Tensor | None
    """Decoupled weight decay of `adamw`, float64 [K]."""
    powers_base: Tensor
    """Both betas in float64, [K, 2]; of Adam alone."""
    blend1: Tensor
    beta2: Tensor
    """Decay of the mean squares: also RMSprop's alpha."""
    blend2: Tensor
    momentum: Tensor | None
    l2: Tensor | None
    clip_norm: Tensor | None
    clip_value: Tensor | None

    def tensors(self) -> list[Tensor]:
        """The columns that there are, in a fixed order."""
        values = (getattr(self, field.name) for field in fields(self))
        return [value for value in values if isinstance(value, Tensor)]


def settings(
    configs: Sequence[TrainingConfig],
    device: torch.device,
    dtype: torch.dtype,
    *,
    every: bool = False,
) -> Settings:
    """The columns for the trials of a stack, all of one rule.

    Args:
        every: Whether also the columns that nobody needs here are filled, so that what is there
            depends on the rule alone; but for `clip_value`, which a stack has or has not.
    """

    def column(values: Sequence[float], neutral: float) -> Tensor | None:
        if not every and all(value == neutral for value in values):
            return None
        return filled(values)

    def filled(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=dtype, device=device).unsqueeze(1)

    def doubles(values: Sequence[float] | Sequence[list[float]]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=device)

    rule = rule_of(configs[0])
    beta2 = [c.alpha if rule == "rmsprop" else c.beta2 for c in configs]
    decays = [c.weight_decay if c.optimizer == "adamw" else 0.0 for c in configs]
    bounds = [[c.clip_norm, c.clip_value] for c in configs]
    norms, values = (
        [float("inf") if bound is None else bound for bound in kind]
        for kind in zip(*bounds, strict=True)
    )
    return Settings(
        rule=rule,
        learning_rate=doubles([c.learning_rate for c in configs]),
        decay=doubles(decays) if any(decays) or (every and rule == "adam") else None,
        powers_base=doubles([[c.beta1, c.beta2] for c in configs]),
        blend1=filled([1 - c.beta1 for c in configs]),
        beta2=filled(beta2),
        blend2=filled([1 - one for one in beta2]),
        momentum=None if rule == "adam" else column([c.momentum for c in configs], 0.0),
        l2=column([0.0 if c.optimizer == "adamw" else c.weight_decay for c in configs], 0.0),
        clip_norm=column(norms, float("inf")),
        clip_value=filled(values) if min(values) < float("inf") else None,
    )


def refill_(held: Settings, fresh: Settings) -> None:
    """Write the columns of other trials, K or fewer, into the first rows of columns of K.

    Both are of one rule and made with `every`; the addresses of `held` stay.
    """
    for there, new in zip(held.tensors(), fresh.tensors(), strict=True):
        there[: len(new)].copy_(new)


def clip_(gradients: Tensor, norms: Tensor, clip_norm: Tensor) -> None:
    """Scale each row of [K, N] down to its own largest norm, as `clip_grad_norm_` does."""
    scale = clip_norm / (norms.unsqueeze(1) + CLIP_EPSILON)
    gradients.mul_(scale.clamp_(max=1.0))


def clip_values_(gradients: Tensor, clip_value: Tensor) -> None:
    """Cut each number of each row of [K, N] to its own bound, as `clip_grad_value_` does."""
    torch.clamp(gradients, -clip_value, clip_value, out=gradients)


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the equations take from the number of each step, for the next n steps."""

    powers: Tensor
    """beta1**t and beta2**t after each of 0 to n steps, float64 [n + 1, K, 2]."""
    rates: Tensor
    """Learning rates, for Adam over the first moments' bias; [n, K, 1]."""
    roots: Tensor
    """Roots of the second moments' bias, [n, K, 1]; of Adam alone."""
    shrinks: Tensor | None
    """1 - learning rate * decoupled weight decay, [n, K, 1]; None where nobody needs it."""


def corrections(
    how: Settings,
    powers: Tensor,
    count: int,
    dtype: torch.dtype,
    factors: Tensor | None = None,
) -> Corrections:
    """For the steps that follow `powers`, float64 [K, 2]; computed ahead, all at once.

    Args:
        factors: Of the learning rates, float64 [count, K]; None for one.
    """
    scheduled = how.learning_rate.unsqueeze(0)
    scheduled = scheduled.expand(count, -1) if factors is None else scheduled * factors
    shrinks = None
    if how.decay is not None:
        shrinks = (1 - scheduled * how.decay).to(dtype).unsqueeze(-1)
    if how.rule != "adam":
        still = powers.expand(count + 1, -1, -1)
        rates = scheduled.to(dtype).unsqueeze(-1)
        return Corrections(still, rates, rates, shrinks)
    # A product after the other, so that the blocks leave no trace (on the CPU: a GPU multiplies
    # in pairs); in float64, as Python computes the corrections for torch's optimizers.
    if count == 1:  # what a captured step takes: no way over the host
        after = torch.stack([powers, powers * how.powers_base])
    else:
        steps = how.powers_base.expand(count, -1, -1)
        after = torch.cat([powers.unsqueeze(0), steps]).cpu().cumprod(0).to(powers.device)
    correction = 1 - after[1:]
    return Corrections(
        after,
        (scheduled / correction[..., 0]).to(dtype).unsqueeze(-1),
        correction[..., 1].sqrt().to(dtype).unsqueeze(-1),
        shrinks,
    )


def update_(
    how: Settings,
    parameters: Tensor,
    gradients: Tensor,
    first: Tensor,
    second: Tensor | None,
    ahead: Corrections,
    number: int,
) -> None:
    """One optimizer step in place.

    Args:
        parameters: [K, N].
        gradients: [K, N], already clipped; overwritten.
        first: First moments, or momentum buffers.
        second: Second moments; None for SGD.
        number: Of the step among those of `ahead`.
    """
    rate = ahead.rates[number]
    if ahead.shrinks is not None:
        parameters.mul_(ahead.shrinks[number])
    if how.l2 is not None:
        gradients.addcmul_(parameters, how.l2)
    if second is None:
        _descend_(parameters, gradients, first, how.momentum, rate)
        return
    if how.rule == "rmsprop":
        second.mul_(how.beta2).addcmul_(gradients * gradients, how.blend2)
        gradients.div_(second.sqrt().add_(EPSILON))
        _descend_(parameters, gradients, first, how.momentum, rate)
        return
    first.lerp_(gradients, how.blend1)
    second.mul_(how.beta2).addcmul_(gradients.mul_(gradients), how.blend2)
    denominator = torch.sqrt(second, out=gradients).div_(ahead.roots[number]).add_(EPSILON)
    parameters.addcmul_(torch.div(first, denominator, out=denominator), rate, value=-1)


def _descend_(
    parameters: Tensor, direction: Tensor, buffers: Tensor, momentum: Tensor | None, rate: Tensor
) -> None:
    if momentum is not None:
        direction = buffers.mul_(momentum).add_(direction)
    parameters.addcmul_(direction, rate, value=-1)
