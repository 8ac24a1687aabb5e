"""A user's own cell by its dotted path: any torch module that makes one step."""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from rnnsearch.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

PROTOCOL = """class MyCell(torch.nn.Module):
    def __init__(self, input_size, hidden_size): ...
    def forward(self, x, state): ...  # x (batch, input_size); returns y (batch, hidden_size), state
"""


@cache
def own_class(path: str) -> type[nn.Module]:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Raises:
        ModelError: There is no such module or class, or it is no torch module.
    """
    from torch import nn

    module_name, _, name = path.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError, SyntaxError) as error:
        raise ModelError(
            f"cannot import the cell {path} ({error}). Write package.module:Class, of a module "
            "that Python finds from the working directory or in the environment."
        ) from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ModelError(f"{path} is no torch.nn.Module. A cell is\n{PROTOCOL}")
    return found


def make_cell(path: str, input_size: int, hidden_size: int) -> nn.Module:
    """A new cell with its own first weights, drawn from torch's global generator.

    Raises:
        ModelError: It cannot be made, or keeps buffers beside its parameters.
    """
    try:
        cell = own_class(path)(input_size, hidden_size)
    except TypeError as error:
        raise ModelError(
            f"{path}({input_size}, {hidden_size}): {error}. A cell is\n{PROTOCOL}"
        ) from error
    kept = set(cell.state_dict()) - {name for name, _ in cell.named_parameters()}
    if kept:
        raise ModelError(
            f"{path} keeps {', '.join(sorted(kept))} beside its parameters; make them parameters, "
            "or register them with persistent=False."
        )
    return cell


@cache
def parameter_shapes(path: str, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """Shape of every parameter of such a cell by name."""
    import torch

    with torch.random.fork_rng(devices=[]):
        cell = make_cell(path, input_size, hidden_size)
    return {name: tuple(weight.shape) for name, weight in cell.named_parameters()}


@cache
def state_sizes(path: str, input_size: int, hidden_size: int) -> tuple[int, ...]:
    """Width of each part of the state: the cell's `state_sizes`, or one part of `hidden_size`.

    The state is a tuple of as many tensors (batch, size), zero before the first step.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        cell = make_cell(path, input_size, hidden_size)
    found = tuple(int(size) for size in getattr(cell, "state_sizes", (hidden_size,)))
    if not 1 <= len(found) <= 4:
        raise ModelError(f"{path} has a state of {len(found)} parts; 1 to 4 are kept.")
    return found
