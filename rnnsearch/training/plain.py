"""A trained network in use, computed by torch's own modules.

It needs no compiled kernels, so a model can be used at once wherever torch runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from rnnsearch.models.custom_network import Network
from rnnsearch.tasks.base import Head, State
from rnnsearch.tasks.closed_loop import closed_loop_rollout


@dataclass(frozen=True, slots=True)
class NetworkPredictor:
    """One network behind the protocol `tasks.base.Predictor`.

    Attributes:
        head: At which time steps the task asks for outputs.
        size: How many networks there are.
    """

    network: Network
    head: Head
    size: int = field(default=1, init=False)

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.network.device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of weights and activations."""
        return self.network.dtype

    @torch.no_grad()
    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """See `tasks.base.Predictor`."""
        before = None if state is None else tuple(part[0] for part in state)
        if lengths is None:
            outputs, after = self.network(inputs[0], before, self.head)
        else:
            outputs, after = by_length(self.network, inputs[0], before, lengths[0], self.head)
        return outputs.unsqueeze(0), tuple(part.unsqueeze(0) for part in after)

    @torch.no_grad()
    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        """See `tasks.base.Predictor`."""
        return closed_loop_rollout(self, inputs, state, steps)


def by_length(
    network: Network, inputs: Tensor, state: State, lengths: Tensor, head: Head
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs and states for sequences of unequal length, computed without their padding.

    All sequences of one length are computed together, those of another length after them.

    Args:
        inputs: Numbers [T, B, F], or symbols [T, B].
        state: As the network gives it; None is the start.
        lengths: Int64 [B].
    """
    steps, batch = inputs.shape[:2]
    if state is None:
        state = network.start(batch)
    after = tuple(part.clone() for part in state)
    shown = steps if head == "every" else 1
    outputs = after[0].new_zeros(shown, batch, network.output_size)
    for length in sorted(set(lengths.tolist())):
        if length == 0:
            continue
        which = (lengths == length).nonzero().squeeze(1)
        before = tuple(part[:, which] for part in state)
        some, last = network(inputs[:length, which], before, head)
        outputs[: len(some), which] = some
        for part, new in zip(after, last, strict=True):
            part[:, which] = new
    return outputs, after
