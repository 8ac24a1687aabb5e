"""The networks of a stack in evaluation, as tasks ask them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.config import NetworkConfig
from rnnsearch.models.custom_network import Network
from rnnsearch.models.weights import state_width
from rnnsearch.tasks.base import Head
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.training.forward import forward, head_outputs
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.layout import layout_of
from rnnsearch.training.networks import Networks, layers_of
from rnnsearch.training.shapes import layer_state, network_shape


class StackPredictor:
    """K networks behind the protocol `tasks.base.Predictor`, without dropout.

    States are as wide as the padded layers; a task hands them back as it got them.

    Attributes:
        size: K.

    Args:
        head: At which time steps the task asks for outputs.
    """

    def __init__(self, networks: Networks, head: Head) -> None:
        weights = {name: weight.contiguous() for name, weight in networks.weights.items()}
        self._networks = Networks(networks.shape, weights, networks.held)
        self._head = head
        some = self._networks.some
        self.size, self.device, self.dtype = len(some), some.device, some.dtype

    def __call__(
        self, inputs: Tensor, state: State | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """See `tasks.base.Predictor`."""
        return self._asked(inputs, state, lengths, ends=True)

    def outputs(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """See `tasks.base.OutputsOnly`."""
        return self._asked(inputs, None, lengths, ends=False)[0]

    @torch.no_grad()
    def _asked(
        self, inputs: Tensor, state: State | None, lengths: Tensor | None, *, ends: bool
    ) -> tuple[Tensor, State]:
        inputs = inputs.expand(self.size, *inputs.shape[1:])
        if state is None:
            state = self._networks.first_state(inputs.shape[2])
        return forward(self._networks, inputs, state, head=self._head, lengths=lengths, ends=ends)

    @torch.no_grad()
    def rollout(self, inputs: Tensor, state: State | None, steps: int) -> Tensor:
        """See `tasks.base.Predictor`.

        Compiled layers take all time steps in one call. Others are called a time step at a time,
        and give the same numbers.
        """
        shape = self._networks.shape
        layers = layers_of(shape, self.size, 1, inputs.shape[2], self.device, self.dtype)
        if shape.symbolic or not shape.by_hand or not whole_steps(kernel for kernel, _ in layers):
            return closed_loop_rollout(self, inputs, state, steps)
        # numba takes a second to import, and may be missing where no layer is compiled.
        from rnnsearch.training.kernels.compiled import closed_loop

        outputs, state = self(inputs.contiguous(), state)
        first = outputs[:, -1:]
        rest = closed_loop(
            [layer for _, layer in layers],
            [self._networks.layer_weights(n) for n in range(shape.num_layers)],
            layer_state(shape, state),
            self._head_into,
            first,
            steps - 1,
        )
        return torch.cat([first, rest], dim=1)

    def _head_into(self, current: Tensor, outputs: Tensor) -> None:
        """Write what the head makes of [K, T, B, H] into `outputs`."""
        head_outputs(current, *self._networks.head, outputs)


def stack_of_one(network: Network, head: Head) -> StackPredictor:
    """A trained network, computed as in its stack: equal to the last bit on a like machine."""
    model = network.config
    sizes = network.input_size, network.output_size, network.symbolic
    layout, tensors = layout_of(model, *sizes), network.tensors()
    row = layout.pack(tensors).unsqueeze(0)
    held: dict[str, Tensor] = {}
    if layout.held is not None:
        exact = {name: tensor.double() for name, tensor in tensors.items()}
        held = layout.held.views(layout.held.pack(exact).unsqueeze(0))
    return StackPredictor(Networks(network_shape(model, *sizes), layout.views(row), held), head)


def padded_state(network: Network, state: State) -> State:
    """A state of the network's own width, padded to the width of a stack's layers."""
    if isinstance(network.config, NetworkConfig):
        return state
    sizes = network.input_size, network.output_size, network.symbolic
    gap = network_shape(network.config, *sizes).state_width - state_width(network.config)
    return tuple(functional.pad(part, (0, gap)) for part in state)
