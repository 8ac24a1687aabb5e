"""The adapter for a user's own cell: member after member, step after step. Slow, and right."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor, nn

from rnnsearch.errors import PackError
from rnnsearch.models.own import PROTOCOL, make_cell


@cache
def _template(path: str, input_size: int, hidden_size: int) -> nn.Module:
    """A module whose parameters are replaced in every call."""
    with torch.random.fork_rng(devices=[]):
        return make_cell(path, input_size, hidden_size)


def own(
    path: str,
    hidden_size: int,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: tuple[Tensor, ...],
    lengths: Tensor | None = None,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """One layer over a chunk of time, differentiable.

    Args:
        inputs: [K, T, B, I].
        weights: By the cell's own names, each [K, ...].
        state: Each part [K, B, size].
        lengths: Valid steps, int64 [K, B], behind which a sequence's state stays; None where all
            steps are valid.

    Raises:
        PackError: The cell gives another shape than it says.
    """
    cell = _template(path, inputs.shape[-1], hidden_size)
    outputs, after = [], []
    for member in range(len(inputs)):
        own_weights = {name: _moved(weight[member]) for name, weight in weights.items()}
        held = tuple(_moved(part[member]) for part in state)
        sizes = [part.shape for part in held]
        steps = []
        for number, x in enumerate(_moved(inputs[member])):
            output, after_it = torch.func.functional_call(cell, own_weights, (x, held))
            steps.append(output)
            if lengths is not None and len(after_it) == len(held):
                goes_on = (lengths[member] > number).unsqueeze(-1)
                pairs = zip(after_it, held, strict=True)
                after_it = tuple(torch.where(goes_on, new, old) for new, old in pairs)
            held = after_it
        if steps[0].shape != (len(x), hidden_size) or [part.shape for part in held] != sizes:
            raise PackError(
                f"{path} gives an output of shape {tuple(steps[0].shape)} and states of shapes "
                f"{[tuple(part.shape) for part in held]} where {(len(x), hidden_size)} and "
                f"{[tuple(size) for size in sizes]} were asked for. A cell is\n{PROTOCOL}"
            )
        outputs.append(_moved(torch.stack(steps)))
        after.append(held)
    return torch.stack(outputs), tuple(torch.stack(parts) for parts in zip(*after, strict=True))


def _moved(part: Tensor) -> Tensor:
    """A copy, in memory of its own forward and back: products round otherwise at odd addresses,
    and where a member's rows start among the others' is its place in the pack."""
    return part * 1.0
