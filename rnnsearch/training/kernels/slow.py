"""Cells without a kernel, a user's own first of all: member after member, step after step.

Slow, and right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

import torch
from torch import Tensor, nn

from rnnsearch.errors import PackError
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import is_own
from rnnsearch.models.own import PROTOCOL, make_cell
from rnnsearch.training.kernels.base import State


@cache
def _template(path: str, input_size: int, hidden_size: int) -> nn.Module:
    """A module whose parameters are replaced in every call."""
    with torch.random.fork_rng(devices=[]):
        return make_cell(path, input_size, hidden_size)


Step = Callable[[Tensor, State], tuple[Tensor, State]]


def slow(
    cell: str,
    hidden_size: int,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: State,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """See `traced.layer`."""
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


def _begun(
    cell: str, hidden_size: int, inputs: Tensor, weights: Mapping[str, Tensor]
) -> tuple[Tensor, Step]:
    """What the steps of one member read, and a step."""
    if is_own(cell):
        module = _template(cell, inputs.shape[-1], hidden_size)
        return inputs, lambda x, held: torch.func.functional_call(module, dict(weights), (x, held))
    code = CELLS[cell].code
    return code.enter(inputs, weights), partial(code.step, weights=weights)


def _moved(part: Tensor) -> Tensor:
    """A copy, in memory of its own forward and back: products round otherwise at odd addresses,
    and where a member's rows start among the others' is its place in the pack."""
    return part * 1.0
