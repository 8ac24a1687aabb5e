"""Layers of cells that have no layer kernel; torch's autograd differentiates them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from rnnsearch.errors import PackError
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import is_custom
from rnnsearch.models.custom import PROTOCOL, make_cell
from rnnsearch.training.kernels.base import State

Step = Callable[[Tensor, State], tuple[Tensor, State]]


def layer(
    cell: str,
    hidden_size: int,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: State,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """One layer over T time steps: all of them at once by the cell's scan or, slowly, member after
    member and time step after time step.

    Args:
        cell: A cell of `models.cells`, or the path of a custom one.
        hidden_size: Units of the layer.
        inputs: [K, T, B, I].
        weights: By the names of the cell's leaves, or of the custom cell's parameters, each
            [K, ...].
        state: Before the first time step, each part [K, B, size].
        lengths: How many time steps of each sequence are valid, int64 [K, B]; None if all are.

    Returns:
        Outputs [K, T, B, H], and the state after the last valid time step.

    Raises:
        PackError: A custom cell returns other shapes than it declares.
    """
    if scan := _scan(cell):
        result: tuple[Tensor, State] = scan(inputs, weights, state, lengths)
        return result
    outputs, after = [], []
    for member in range(len(inputs)):
        own_weights = {name: _moved(weight[member]) for name, weight in weights.items()}
        held = tuple(_moved(part[member]) for part in state)
        sizes = [part.shape for part in held]
        steps = []
        read, step = _begun(cell, hidden_size, _moved(inputs[member]), own_weights)
        for number, x in enumerate(read):
            output, after_it = step(x, held)
            steps.append(output)
            if lengths is not None and len(after_it) == len(held):
                goes_on = (lengths[member] > number).unsqueeze(-1)
                pairs = zip(after_it, held, strict=True)
                after_it = tuple(torch.where(goes_on, new, old) for new, old in pairs)
            held = after_it
        if steps[0].shape != (len(x), hidden_size) or [part.shape for part in held] != sizes:
            raise PackError(
                f"{cell} gives an output of shape {tuple(steps[0].shape)} and states of shapes "
                f"{[tuple(part.shape) for part in held]} where {(len(x), hidden_size)} and "
                f"{[tuple(size) for size in sizes]} were asked for. A cell is\n{PROTOCOL}"
            )
        outputs.append(_moved(torch.stack(steps)))
        after.append(held)
    return torch.stack(outputs), tuple(torch.stack(parts) for parts in zip(*after, strict=True))


@cache
def _scan(cell: str) -> Any:
    if cell not in CELLS or not CELLS[cell].scan:
        return None
    module, _, name = CELLS[cell].scan.partition(":")
    return getattr(import_module(module), name)


@cache
def _template(path: str, input_size: int, hidden_size: int) -> nn.Module:
    """A custom cell whose parameters are replaced in every call."""
    with torch.random.fork_rng(devices=[]):
        return make_cell(path, input_size, hidden_size)


def _begun(
    cell: str, hidden_size: int, inputs: Tensor, weights: Mapping[str, Tensor]
) -> tuple[Tensor, Step]:
    """What the time steps of one member read, [T, B, ...], and the function that computes one."""
    if is_custom(cell):
        module = _template(cell, inputs.shape[-1], hidden_size)
        return inputs, lambda x, held: torch.func.functional_call(module, dict(weights), (x, held))
    code = CELLS[cell].code
    return code.enter(inputs, weights), partial(code.step, weights=weights)


def _moved(part: Tensor) -> Tensor:
    """A copy, which is differentiable too, at an aligned address.

    Matrix products round differently at odd addresses, and a member's rows among the others' start
    at an address that depends on its place in the pack.
    """
    return part * 1.0
