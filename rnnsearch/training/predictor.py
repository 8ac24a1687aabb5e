"""The trained networks of a stack, as tasks see them when they evaluate."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import state_width
from rnnsearch.tasks.base import Head
from rnnsearch.training.forward import forward
from rnnsearch.training.kernels.base import State
from rnnsearch.training.layout import layout_of
from rnnsearch.training.shapes import NetworkShape, first_state, network_shape


class StackPredictor:
    """K networks in evaluation mode; fulfils `tasks.base.Predictor`.

    States are as wide as the padded layers; a task hands them back as it got them.

    Args:
        head: Of the task.
    """

    def __init__(
        self, shape: NetworkShape, weights: Mapping[str, Tensor], head: Head = "every"
    ) -> None:
        bias = weights["head.bias"]
        self.size = len(bias)
        self.device = bias.device
        self.dtype = bias.dtype
        self._shape = shape
        self._head = head
        self._weights = {name: weight.contiguous() for name, weight in weights.items()}

    def __call__(
        self, inputs: Tensor, state: State | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """See `tasks.base.Predictor`."""
        if len(inputs) != self.size:
            inputs = inputs.expand(self.size, *inputs.shape[1:])
        if state is None:
            state = first_state(self._shape, self._weights, inputs.shape[2])
        with torch.no_grad():
            return forward(
                self._shape, self._weights, inputs, state, head=self._head, lengths=lengths
            )


def stack_of_one(network: RecurrentNetwork, head: Head = "every") -> StackPredictor:
    """A trained network computed as its stack computed it, to the last bit on a like machine."""
    model = network.config
    sizes = network.input_size, network.head.out_features, network.symbolic
    layout = layout_of(model, *sizes)
    row = layout.pack(network.state_dict()).unsqueeze(0)
    return StackPredictor(network_shape(model, *sizes), layout.views(row), head)


def padded_state(network: RecurrentNetwork, state: State) -> State:
    """A state of the network's own width as wide as its stack's layers."""
    sizes = network.input_size, network.head.out_features, network.symbolic
    gap = network_shape(network.config, *sizes).state_width - state_width(network.config)
    return tuple(functional.pad(part, (0, gap)) for part in state)
