"""The mean of several networks in evaluation, as tasks ask one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.models.mean import Mean, MeanNetwork, mean_of, split_state
from rnnsearch.tasks.base import Head, State
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.training.predictor import StackPredictor, stack_of_one


class MeanPredictor:
    """Networks of any shapes behind the protocol `tasks.base.Predictor`, as one.

    Each is computed as in its stack. In a closed loop all are fed the mean.

    Attributes:
        size: How many networks there are: one.
    """

    size = 1

    def __init__(self, members: Sequence[StackPredictor], parts: Sequence[int], mean: Mean) -> None:
        self._members, self._parts, self._mean = members, parts, mean
        self.device, self.dtype = members[0].device, members[0].dtype

    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """See `tasks.base.Predictor`."""
        outputs: list[Tensor] = []
        after: list[Tensor] = []
        states = split_state(state, self._parts)
        for member, before in zip(self._members, states, strict=True):
            answered, last = member(inputs, before, lengths)
            outputs.append(answered)
            after += last
        return mean_of(outputs, self._mean), tuple(after)

    def outputs(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """See `tasks.base.OutputsOnly`."""
        return mean_of([one.outputs(inputs, lengths) for one in self._members], self._mean)

    @torch.no_grad()
    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        """See `tasks.base.Predictor`."""
        return closed_loop_rollout(self, inputs, state, steps)


def mean_predictor(network: MeanNetwork, head: Head) -> MeanPredictor:
    """A fused network, each member of which is computed as in its stack."""
    members = [stack_of_one(one, head) for one in network.networks]
    return MeanPredictor(members, network.parts(), network.mean)
