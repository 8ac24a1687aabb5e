"""The networks' own predictions at the inputs of training, beside or instead of the truth.

This is scheduled sampling (Bengio et al., 2015): the predictions that are fed are taken as given,
and no gradient flows through them. So they are computed first, time step by time step, and then
the networks are trained on them as on any other inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.tasks.base import TaskData
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.forward import forward
from rnnsearch.training.kernels.base import State
from rnnsearch.training.networks import Masks, Networks
from rnnsearch.training.shapes import gathered


@dataclass(frozen=True, slots=True)
class Feeding:
    """What stands at the inputs in training, as far as trials of one stack share it.

    Attributes:
        kind: See `TrainingConfig.feeding`.
        own_steps: How many of the last inputs are own predictions, where `kind` is `own`; else 0.
    """

    kind: Literal["teacher", "scheduled", "own"]
    own_steps: int = 0

    def first_self_fed(self, steps: int) -> int:
        """The first of some time steps whose input may be a prediction."""
        return max(1, steps - self.own_steps) if self.kind == "own" else 1


def feeding_of(how: TrainingConfig, data: TaskData) -> Feeding:
    """The feeding of a trial's stack.

    Raises:
        PackError: The task's outputs do not predict its inputs to come.
    """
    if how.feeding == "teacher":
        return Feeding("teacher")
    if not data.feedback or data.output_size != data.input_size:
        raise PackError(
            f"training.feeding cannot be {how.feeding}: the task's outputs do not predict its"
            " inputs to come"
        )
    return Feeding(how.feeding, how.own_steps if how.feeding == "own" else 0)


def teacher_share(how: TrainingConfig, epoch: int) -> float:
    """The share of true inputs under `scheduled` feeding in an epoch, counting from 0."""
    if how.max_epochs == 1:
        return 1.0
    return 1 - (1 - how.teacher_share) * epoch / (how.max_epochs - 1)


def self_fed_inputs(
    networks: Networks,
    inputs: Tensor,
    self_fed: Tensor,
    first: int,
    state: Sequence[State],
    masks: Masks,
) -> Tensor:
    """Inputs in which the networks' own predictions replace some.

    Args:
        inputs: Numbers [K, T, B, F], or symbols int64 [K, T, B].
        self_fed: Which inputs are replaced, bool [K, T, B]; none before `first`.
        first: The first time step whose input may be a prediction, at least 1.
        state: What the sequences start from, one a layer and direction.
        masks: Of dropout, which works on these predictions as on the trained ones.

    Returns:
        Shaped as `inputs`.
    """
    shape, fed = networks.shape, inputs.clone()
    now = networks.first_state(inputs.shape[2])
    if not shape.learned:
        now = gathered(shape, state)
    begin = 0
    for step in range(first, inputs.shape[1]):
        piece = slice(begin, step)
        some = [None if mask is None else mask[:, piece] for mask in masks]
        outputs, now = forward(networks, fed[:, piece], now, masks=some)
        predicted, chosen = outputs[:, -1], self_fed[:, step]
        predicted = predicted.argmax(-1) if shape.symbolic else predicted
        chosen = chosen if shape.symbolic else chosen.unsqueeze(-1)
        fed[:, step] = torch.where(chosen, predicted, inputs[:, step])
        begin = step
    return fed
