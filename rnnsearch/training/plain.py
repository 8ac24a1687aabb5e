"""A trained network in use, computed by torch's own modules.

It needs no compiled kernels, so a model can be used at once wherever torch runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from rnnsearch.models.custom_network import Network
from rnnsearch.models.lengths import run_by_length
from rnnsearch.models.mean import MeanNetwork
from rnnsearch.tasks.base import Head, State
from rnnsearch.tasks.closed_loop import closed_loop_rollout


@dataclass(frozen=True, slots=True)
class NetworkPredictor:
    """One network behind the protocol `tasks.base.Predictor`.

    Attributes:
        head: At which time steps the task asks for outputs.
        size: How many networks there are.
    """

    network: Network | MeanNetwork
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
            begun = self.network.start(inputs.shape[2]) if before is None else before
            outputs, after = run_by_length(
                self.network, inputs[0], begun, lengths[0], self.head, self.network.output_size
            )
        return outputs.unsqueeze(0), tuple(part.unsqueeze(0) for part in after)

    @torch.no_grad()
    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        """See `tasks.base.Predictor`."""
        return closed_loop_rollout(self, inputs, state, steps)
