"""Clipping of gradients, and Adam, AdamW, RMSprop and SGD with torch's equations.

Many trials share a handful of operators, and every setting and step count belongs to one trial. An
operator that only some of the trials need (clipping, weight decay, momentum) runs for all of them,
for the others with the neutral element, which changes no bit; and not at all where no trial needs
it. Where `stepping/whole.py` takes whole training steps in one call, `kernels/compiled/update.py`
does the same instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import torch
from torch import Tensor

from rnnsearch.models.config import is_custom
from rnnsearch.training.config import TrainingConfig

EPSILON = 1e-8
"""Added to the roots of Adam and RMSprop."""
CLIP_EPSILON = 1e-6
"""torch's `clip_grad_norm_` divides by the norm plus this."""

Rule = Literal["adam", "rmsprop", "sgd", "custom"]
"""How gradients become updates of the weights. Trials of one rule share stacks; AdamW is Adam with
another weight decay. An optimizer that a person brought updates the weights of one trial after the
other, see `custom_optimizers`."""


_RULES: dict[str, Rule] = {"adam": "adam", "adamw": "adam", "rmsprop": "rmsprop", "sgd": "sgd"}


def rule_of(how: TrainingConfig) -> Rule:
    """The rule by which a trial's optimizer updates the weights."""
    if is_custom(how.optimizer):
        return "custom"
    return _RULES[how.optimizer]


def moments(rule: Rule) -> int:
    """How many moments a trial keeps of each parameter; `sgd` keeps the momentum alone, and an
    optimizer that a person brought has a state of its own."""
    return {"custom": 0, "sgd": 1}.get(rule, 2)


@dataclass(frozen=True, slots=True)
class Settings:
    """The optimizer settings of K trials, which all have one rule.

    Each is a column [K, 1] in the dtype of the parameters where nothing else is said, and None
    where no trial needs it.
    """

    rule: Rule
    learning_rate: Tensor
    """Float64 [K]."""
    decay: Tensor | None
    """Decoupled weight decay of `adamw`, float64 [K]."""
    powers_base: Tensor
    """beta1 and beta2 in float64, [K, 2]; only Adam reads them."""
    blend1: Tensor
    """1 - beta1."""
    beta2: Tensor
    """Decay of the mean squares: also RMSprop's alpha."""
    blend2: Tensor
    """1 - beta2, or 1 - alpha."""
    momentum: Tensor | None
    l2: Tensor | None
    """Weight decay that is added to the gradient."""
    clip_norm: Tensor | None
    """The largest norm of a trial's whole gradient; infinite for a trial that clips none."""
    clip_value: Tensor | None
    """The largest size of each number of the gradient."""

    def tensors(self) -> list[Tensor]:
        """The columns that are there, in a fixed order."""
        values = (getattr(self, field.name) for field in fields(self))
        return [value for value in values if isinstance(value, Tensor)]


def settings(
    configs: Sequence[TrainingConfig],
    device: torch.device,
    dtype: torch.dtype,
    *,
    every: bool = False,
) -> Settings:
    """The settings of some trials of a stack.

    Args:
        every: Whether to fill the columns that none of these trials needs as well, so that which
            columns there are depends on the rule alone. The exception is `clip_value`, which
            either all trials of a stack have, or none.
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
    """Write the settings of other trials into the first rows of settings that stay in their place.

    Args:
        held: Of K trials; the addresses of its tensors stay.
        fresh: Of K trials or fewer. Both are of one rule and made with `every`.
    """
    for column, new in zip(held.tensors(), fresh.tensors(), strict=True):
        column[: len(new)].copy_(new)


def clip_(gradients: Tensor, how: Settings) -> Tensor:
    """Clip the gradient of each trial in place: first its numbers, then its norm.

    Each number is cut to the trial's `clip_value`, as `torch.nn.utils.clip_grad_value_` does, and
    then the whole gradient is scaled down to the trial's `clip_norm`, as `clip_grad_norm_` does.

    Args:
        gradients: A row a trial, [K, N].

    Returns:
        The norm of each gradient as it was before, [K].
    """
    norms: Tensor = torch.linalg.vector_norm(gradients, dim=1)
    largest = norms
    if how.clip_value is not None:
        torch.clamp(gradients, -how.clip_value, how.clip_value, out=gradients)
        largest = torch.linalg.vector_norm(gradients, dim=1)
    if how.clip_norm is not None:
        scale = how.clip_norm / (largest.unsqueeze(1) + CLIP_EPSILON)
        gradients.mul_(scale.clamp_(max=1.0))
    return norms


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the optimizers' equations take from the number of each of the next n training steps."""

    powers: Tensor
    """beta1**t and beta2**t after 0, 1, ... n of these training steps, float64 [n + 1, K, 2]."""
    rates: Tensor
    """Learning rates [n, K, 1]; of Adam divided by 1 - beta1**t, the bias of the first moments."""
    roots: Tensor
    """Roots of 1 - beta2**t, the bias of the second moments, [n, K, 1]; only Adam reads them."""
    shrinks: Tensor | None
    """1 - learning rate * decoupled weight decay, [n, K, 1]; None where no trial needs it."""


def corrections(
    how: Settings,
    powers: Tensor,
    count: int,
    dtype: torch.dtype,
    factors: Tensor | None = None,
) -> Corrections:
    """The corrections of the next training steps, computed ahead and all at once.

    Args:
        powers: beta1**t and beta2**t after the training steps so far, float64 [K, 2].
        count: How many training steps.
        factors: What the learning rates are multiplied with, float64 [count, K]; None for one.
    """
    scheduled = how.learning_rate.unsqueeze(0)
    scheduled = scheduled.expand(count, -1) if factors is None else scheduled * factors
    shrinks = None
    if how.decay is not None:
        shrinks = (1 - scheduled * how.decay).to(dtype).unsqueeze(-1)
    if how.rule != "adam":
        still = powers.expand(count + 1, -1, -1)
        # A custom optimizer is given the rate in Python's own precision.
        rates = scheduled.unsqueeze(-1)
        rates = rates if how.rule == "custom" else rates.to(dtype)
        return Corrections(still, rates, rates, shrinks)
    # One product after the other, so that the results do not depend on how many are computed at
    # once (and on the CPU, since a GPU multiplies in pairs); in float64, as Python computes the
    # corrections for torch's optimizers.
    if count == 1:  # what a captured training step takes: nothing passes through the host
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
    """Update the parameters of K trials by their gradients, in place.

    Args:
        parameters: [K, N].
        gradients: [K, N], already clipped; overwritten.
        first: First moments, or the buffers of the momentum, [K, N].
        second: Second moments [K, N]; None for SGD.
        number: Which of the training steps of `ahead` this is, counting from 0.
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
    """Go down along a direction, by way of the momentum's buffers where a trial has momentum."""
    if momentum is not None:
        direction = buffers.mul_(momentum).add_(direction)
    parameters.addcmul_(direction, rate, value=-1)
