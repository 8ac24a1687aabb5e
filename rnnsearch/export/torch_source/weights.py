"""The weights of a network under the names that they have in the class `Model`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.export.subject import Subject
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.models.weights import custom_module_name, state_sizes_of


def module_weights(subject: Subject) -> dict[str, Tensor]:
    """The weights under the names that they have in the file's `Model`."""
    network = subject.network
    if subject.custom:
        return {f"network.{name}": one for name, one in network.inner.state_dict().items()}
    config: ModelConfig = network.config
    weights = {"head.weight": network.head.weight, "head.bias": network.head.bias}
    if network.embedding is not None:
        weights["embedding.weight"] = network.embedding.weight
    first: list[Tensor] = []
    for layer in range(len(config.widths)):
        for side in range(config.directions):
            place = f"{('layers', 'backwards')[side]}.{layer}"
            weights |= {f"{place}.{name}": one for name, one in _layer(subject, layer, side)}
            if config.initial_state == "learned":
                parts = range(len(state_sizes_of(config, config.widths[layer])))
                first += [network.weight(f"initial{part}", layer, side) for part in parts]
        if config.layer_norm:
            for name in ("weight", "bias"):
                weights[f"norms.{layer}.{name}"] = network.weight(f"norm_{name}", layer)
    if first:
        weights["first"] = torch.cat(first)
    return {name: one.detach().contiguous() for name, one in weights.items()}


def _layer(subject: Subject, layer: int, side: int) -> Sequence[tuple[str, Tensor]]:
    """The weights of a layer in one direction by their names in `Layer`."""
    network, config = subject.network, subject.network.config
    if is_custom(config.cell):
        name, number = custom_module_name(layer, side).split(".")
        cell = getattr(network.rnn, name)[int(number)]
        return [(f"cell.{own}", one) for own, one in cell.state_dict().items()]
    entry = CELLS[config.cell]
    names = [leaf.name for leaf in entry.weights(bias=config.bias)]
    spell = "rnn.{}_l0" if entry.torch else "{}"
    return [(spell.format(name), network.weight(name, layer, side)) for name in names]
