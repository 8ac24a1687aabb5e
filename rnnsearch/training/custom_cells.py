"""Layers of cells that a person brought: fused where they can be, else trial by trial."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import torch
from torch import Tensor, nn

from rnnsearch.errors import PackError
from rnnsearch.models.custom import PROTOCOL, make_cell
from rnnsearch.training.custom_networks import seeded, shape_verdict
from rnnsearch.training.fused.cells import cell_verdict
from rnnsearch.training.fused.trying import MOST_TRIED
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.traced import moved, unrolled
from rnnsearch.training.shapes import NetworkShape


def custom_layer(
    cell: str,
    hidden_size: int,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: State,
    lengths: Tensor | None = None,
    seeds: Tensor | None = None,
) -> tuple[Tensor, State]:
    """One layer over T time steps, differentiable by autograd (under `fused.calls.steadily`).

    Args:
        cell: The path of the cell.
        hidden_size: Units of the layer.
        inputs: [K, T, B, I].
        weights: By the names of the cell's parameters, each [K, ...].
        state: Before the first time step, each part [K, B, size].
        lengths: How many time steps of each sequence are valid, int64 [K, B]; None if all are.
        seeds: By which it drops in training, int32 [K]; None in evaluation.

    Returns:
        Outputs [K, T, B, H], and the state after the last valid time step.

    Raises:
        PackError: The cell returns other shapes than it declares.
    """
    sizes = (cell, inputs.shape[-1], hidden_size, inputs.device, inputs.dtype)
    if (fused := cell_verdict(*sizes).fused) is not None:
        return fused(weights, inputs, state, lengths, training=seeds is not None, seeds=seeds)
    module = _module(*sizes)
    module.train(seeds is not None)
    outputs, after = [], []
    for member in range(len(inputs)):
        own = {name: moved(weight[member]) for name, weight in weights.items()}
        held = tuple(moved(part[member]) for part in state)
        shapes = [part.shape for part in held]
        own_lengths = None if lengths is None else lengths[member]

        def step(x: Tensor, before: State, own: dict[str, Tensor] = own) -> tuple[Tensor, State]:
            result: tuple[Tensor, State] = torch.func.functional_call(module, own, (x, before))
            return result

        with seeded(None if seeds is None else int(seeds[member]), inputs.device):
            steps, last = unrolled(step, moved(inputs[member]), held, own_lengths)
        wanted = (inputs.shape[2], hidden_size)
        if steps[0].shape != wanted or [part.shape for part in last] != shapes:
            raise PackError(
                f"{cell} gives an output of shape {tuple(steps[0].shape)} and states of shapes "
                f"{[tuple(part.shape) for part in last]} where {wanted} and "
                f"{[tuple(size) for size in shapes]} were asked for. A cell is\n{PROTOCOL}"
            )
        outputs.append(moved(torch.stack(steps)))
        after.append(last)
    return torch.stack(outputs), tuple(torch.stack(parts) for parts in zip(*after, strict=True))


def slow_reason(shape: NetworkShape, device: torch.device, dtype: torch.dtype) -> str:
    """Why trials of a custom cell or network are computed one by one; empty where fused."""
    if shape.custom is not None:
        return shape_verdict(shape, device, dtype).reason
    width = shape.embedding_size or shape.input_size
    for units in shape.widths:
        if reason := cell_verdict(shape.cell, width, units, device, dtype).reason:
            return reason
        width = shape.directions * units
    return ""


@lru_cache(maxsize=MOST_TRIED)
def _module(
    path: str, input_size: int, hidden_size: int, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """A cell whose parameters are replaced in every call."""
    with torch.random.fork_rng(devices=[]):
        return make_cell(path, input_size, hidden_size).to(device, dtype)
