"""Networks out of a config and the weights by name."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnsearch.errors import ModelError
from rnnsearch.models.custom_network import Network, network_of
from rnnsearch.models.weights import held_weights, weight_shapes
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.weights import CARRIED


def filled_network(
    config: TrialConfig,
    input_size: int,
    output_size: int,
    symbolic: bool,
    tensors: dict[str, Tensor],
    source: str,
) -> tuple[Network, tuple[Tensor, ...] | None]:
    """The network that holds the weights, and the carried state among them."""
    carried = tuple(tensors[name].unsqueeze(0) for name in CARRIED if name in tensors)
    weights = {name: tensor for name, tensor in tensors.items() if name not in CARRIED}
    shapes = weight_shapes(config.model, input_size, output_size, symbolic)
    held = held_weights(config.model, input_size, output_size)
    shapes |= {one.name: one.shape for one in held}
    actual = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in sorted(shapes.keys() | actual.keys()):
        if shapes.get(name) != actual.get(name):
            raise ModelError(
                f"{source} do not fit the config: {name} should be {shapes.get(name, 'absent')}, "
                f"and is {actual.get(name, 'absent')}."
            )
    network = network_of(config.model, input_size, output_size, symbolic)
    network.to(getattr(torch, config.training.dtype))
    network.put(weights)
    network.requires_grad_(False).eval()
    return network, carried or None
