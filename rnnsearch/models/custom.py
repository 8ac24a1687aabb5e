"""A user's own cell by its dotted path: any torch module that makes one step."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from rnnsearch.custom_code import calling, find_class
from rnnsearch.errors import InputError, ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

TRIED = 3
"""Sequences in the batch that a cell is tried on."""

PROTOCOL = """class MyCell(torch.nn.Module):
    def __init__(self, input_size, hidden_size): ...
    def forward(self, x, state): ...  # x (batch, input_size); returns y (batch, hidden_size), state
"""


@cache
def custom_class(path: str) -> type[nn.Module]:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Raises:
        ModelError: There is no such module or class, or it is no torch module.
    """
    from torch import nn

    try:
        found = find_class(path, "cell")
    except InputError as error:
        raise ModelError(str(error)) from error
    if not issubclass(found, nn.Module):
        raise ModelError(f"{path} is no torch.nn.Module. A cell is\n{PROTOCOL}")
    return found


def make_cell(path: str, input_size: int, hidden_size: int) -> nn.Module:
    """A new cell with its own first weights, drawn from torch's global generator.

    Raises:
        ModelError: It raises as it is made, or keeps buffers beside its parameters.
    """
    cls = custom_class(path)
    call = f"{path}(input_size={input_size}, hidden_size={hidden_size})"
    with calling(call, ModelError):
        cell = cls(input_size, hidden_size)
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
    told = getattr(cell, "state_sizes", (hidden_size,))
    try:
        found = tuple(operator.index(size) for size in told)
    except TypeError as error:
        raise ModelError(
            f"{path} has state_sizes of {told!r}; they are whole numbers, such as (8, 8)."
        ) from error
    if not 1 <= len(found) <= 4:
        raise ModelError(f"{path} has a state of {len(found)} parts; 1 to 4 are kept.")
    if min(found) < 1:
        raise ModelError(f"{path} has a part of its state of {min(found)} numbers; at least 1.")
    return found


def try_cell(path: str, input_size: int, hidden_size: int) -> None:
    """Take two steps with a new cell, forward and back, as a training would.

    Raises:
        ModelError: It raises, or gives something else than it should; the text says what was
            tried.
    """
    import torch

    try:
        sizes = state_sizes(path, 1, hidden_size)
    except ModelError as error:
        raise ModelError(
            f"{error}. A cell is asked for the sizes of its state with input_size=1, for they must "
            "not hang on what enters it."
        ) from error
    call = f"{path}(input_size={input_size}, hidden_size={hidden_size})"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        cell = make_cell(path, input_size, hidden_size)
        x = torch.randn(TRIED, input_size)
    state = tuple(torch.zeros(TRIED, size) for size in sizes)
    shapes = f"x {(TRIED, input_size)}, state {_shapes(state)}"
    with calling(f"{call}, called as cell(x, state) with {shapes},", ModelError):
        for _ in range(2):
            told = cell(x, state)
            if problem := _problem(told, (TRIED, hidden_size), state):
                raise ModelError(f"{call}, called with {shapes}, {problem}. A cell is\n{PROTOCOL}")
            y, state = told[0], tuple(told[1])
        if y.requires_grad:
            y.sum().backward()


def _problem(told: Any, wanted: tuple[int, int], state: tuple[Tensor, ...]) -> str:
    """What is wrong with an answer of a cell, in words; empty where nothing is."""
    import torch

    if not (isinstance(told, tuple | list) and len(told) == 2):
        return f"gives {_what(told)} and not the two, y and state"
    y, after = told
    if not isinstance(y, torch.Tensor):
        return f"gives y as {_what(y)} and not as a tensor"
    if tuple(y.shape) != wanted:
        return f"gives y of shape {tuple(y.shape)} and not {wanted}"
    if not (isinstance(after, tuple | list) and all(isinstance(p, torch.Tensor) for p in after)):
        return f"gives the state as {_what(after)} and not as a tuple of tensors"
    if _shapes(after) != _shapes(state):
        return (
            f"gives a state of shapes {_shapes(after)} where it was given {_shapes(state)}; "
            "`state_sizes` of the cell says which it keeps"
        )
    for name, part in (("y", y), *((f"part {at} of its state", p) for at, p in enumerate(after))):
        if part.dtype != torch.float32:
            return f"gives {name} as {part.dtype} and not as torch.float32, as x is"
        if not bool(torch.isfinite(part).all()):
            return f"gives numbers that are not finite in {name}, of an x drawn at random"
    return ""


def _shapes(parts: Sequence[Tensor]) -> str:
    return ", ".join(str(tuple(part.shape)) for part in parts)


def _what(told: Any) -> str:
    return "None" if told is None else f"an object of the class {type(told).__name__}"
