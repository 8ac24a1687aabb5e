"""Layers of cells that have no layer kernel; torch's autograd differentiates them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from rnnsearch.models.cells import CELLS
from rnnsearch.training.kernels.base import State


def layer(
    cell: str,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: State,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """One layer over T time steps: all of them at once by the cell's scan or, slowly, member after
    member and time step after time step.

    Args:
        cell: A cell of `models.cells`.
        inputs: [K, T, B, I].
        weights: By the names of the cell's leaves, each [K, ...].
        state: Before the first time step, each part [K, B, size].
        lengths: How many time steps of each sequence are valid, int64 [K, B]; None if all are.

    Returns:
        Outputs [K, T, B, H], and the state after the last valid time step.
    """
    if scan := _scan(cell):
        result: tuple[Tensor, State] = scan(inputs, weights, state, lengths)
        return result
    code = CELLS[cell].code
    outputs, after = [], []
    for member in range(len(inputs)):
        own_weights = {name: moved(weight[member]) for name, weight in weights.items()}
        read = code.enter(moved(inputs[member]), own_weights)
        held = tuple(moved(part[member]) for part in state)
        own_lengths = None if lengths is None else lengths[member]
        steps, last = unrolled(partial(code.step, weights=own_weights), read, held, own_lengths)
        outputs.append(moved(torch.stack(steps)))
        after.append(last)
    return torch.stack(outputs), tuple(torch.stack(parts) for parts in zip(*after, strict=True))


@cache
def _scan(cell: str) -> Any:
    if not CELLS[cell].scan:
        return None
    module, _, name = CELLS[cell].scan.partition(":")
    return getattr(import_module(module), name)


def unrolled(
    step: Any, inputs: Tensor, state: State, lengths: Tensor | None
) -> tuple[list[Tensor], State]:
    """The outputs of all time steps of one member, and the state after the last valid one.

    Args:
        step: Computes one time step: of what is read and the state, an output and the next state.
        inputs: [T, B, ...].
        state: Each part [B, size].
        lengths: Int64 [B]; None where all time steps are valid.
    """
    outputs = []
    for number, x in enumerate(inputs):
        output, after = step(x, state)
        outputs.append(output)
        if lengths is not None and len(after) == len(state):
            goes_on = (lengths > number).unsqueeze(-1)
            pairs = zip(after, state, strict=True)
            after = tuple(torch.where(goes_on, new, old) for new, old in pairs)
        state = after
    return outputs, state


def moved(part: Tensor) -> Tensor:
    """A copy, which is differentiable too, at an aligned address.

    Matrix products round differently at odd addresses, and a member's rows among the others' start
    at an address that depends on its place in the pack.
    """
    return part * 1.0
