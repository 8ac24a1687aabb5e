"""The module of a person's network: how it is made, and what tensors it holds."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod

import torch
from torch import Tensor, nn

from rnnsearch.custom_code import calling
from rnnsearch.errors import ModelError
from rnnsearch.models.config import NetworkConfig
from rnnsearch.models.network_config import FILLED, network_class


def new_network(config: NetworkConfig, input_size: int, output_size: int) -> nn.Module:
    """The person's module, whose constructor draws its first weights from torch's generator.

    Raises:
        ModelError: The constructor raises, or the module cannot be trained.
    """
    cls = network_class(config.type)
    filled = dict(zip(FILLED, (input_size, output_size), strict=True))
    named = inspect.signature(cls).parameters
    arguments = {name: filled[name] for name in FILLED if name in named} | config.arguments()
    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    with calling(f"{config.type}({shown})", ModelError):
        made: nn.Module = cls(**arguments)
        trained = [one for one in made.parameters() if one.requires_grad and one.numel()]
    if not trained:
        raise ModelError(f"{config.type} has no parameters to train.")
    for name, tensor in tensors_of(made):
        if name.startswith("carried.") or tensor.is_complex():
            what = "is complex" if tensor.is_complex() else "has a name that rnnsearch keeps"
            raise ModelError(f"{config.type}: its tensor {name} {what}, and cannot be saved.")
    return made


def tensors_of(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The parameters, each once, and the buffers that are kept, by name."""
    yield from module.named_parameters()
    kept = module.state_dict()
    yield from ((name, one) for name, one in module.named_buffers() if name in kept)


@dataclass(frozen=True, slots=True)
class Tensors:
    """The shapes of what a network holds, by name.

    Attributes:
        weights: Of what is trained.
        held: Of what is kept beside it: buffers, such as the statistics of a batch norm, and
            parameters that are not trained.
    """

    weights: Mapping[str, tuple[int, ...]]
    held: Mapping[str, tuple[int, ...]]


@cache
def network_tensors(config: NetworkConfig, input_size: int, output_size: int) -> Tensors:
    """The names and shapes of all tensors of a custom network.

    Raises:
        ModelError: As for `new_network`.
    """
    with torch.random.fork_rng(devices=[]), calling(f"making {config.type}", ModelError):
        module = new_network(config, input_size, output_size)
        shapes: tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]] = ({}, {})
        for name, tensor in tensors_of(module):
            shapes[not tensor.requires_grad][name] = tuple(tensor.shape)
    return Tensors(*shapes)


def first_tensors(
    config: NetworkConfig, input_size: int, output_size: int, seed: int
) -> dict[str, Tensor]:
    """The weights and held tensors that a network's constructor draws, by name."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = new_network(config, input_size, output_size)
    return {name: tensor.detach().clone() for name, tensor in tensors_of(module)}


def weight_rows(config: NetworkConfig, input_size: int, output_size: int) -> int:
    """Rows of all weights together: about how many numbers a time step leaves for the way back."""
    weights = network_tensors(config, input_size, output_size).weights
    return sum(prod(shape[:1]) for shape in weights.values())
