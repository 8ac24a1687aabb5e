"""A trained network computed by torch's own modules, as tasks see it when they show it."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.tasks.base import Head, State
from rnnsearch.tasks.closed_loop import closed_loop_rollout


@dataclass(frozen=True, slots=True)
class NetworkPredictor:
    """One network behind `tasks.base.Predictor`, as a stack of one.

    Attributes:
        head: Of the task.
    """

    network: RecurrentNetwork
    head: Head
    size: int = field(default=1, init=False)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.network.head.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Of weights and activations."""
        return self.network.head.weight.dtype

    @torch.no_grad()
    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """See `tasks.base.Predictor`."""
        before = None if state is None else tuple(part[0] for part in state)
        if lengths is None:
            outputs, after = self.network(inputs[0], before, self.head)
        else:
            outputs, after = self._by_length(inputs[0], before, lengths[0])
        return outputs.unsqueeze(0), tuple(part.unsqueeze(0) for part in after)

    @torch.no_grad()
    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        """See `tasks.base.Predictor`."""
        return closed_loop_rollout(self, inputs, state, steps)

    def _by_length(
        self, inputs: Tensor, state: State, lengths: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Sequences of one length after those of another, without their padding."""
        steps, batch = inputs.shape[:2]
        if state is None:
            state = self.network.start(batch)
        after = tuple(part.clone() for part in state)
        head, said = self.network.head, steps if self.head == "every" else 1
        outputs = head.weight.new_zeros(said, batch, head.out_features)
        for length in sorted(set(lengths.tolist())):
            if length == 0:
                continue
            which = (lengths == length).nonzero().squeeze(1)
            before = tuple(part[:, which] for part in state)
            found, last = self.network(inputs[:length, which], before, self.head)
            outputs[: len(found), which] = found
            for part, new in zip(after, last, strict=True):
                part[:, which] = new
        return outputs, after
