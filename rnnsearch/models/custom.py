"""Custom cells, named by their dotted path: any torch module that computes one time step."""

from __future__ import annotations

import inspect
import json
import operator
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from rnnsearch.arguments import arguments_config, shown
from rnnsearch.custom_code import calling, find_class
from rnnsearch.errors import InputError, ModelError
from rnnsearch.vocabulary import ArgumentValues

if TYPE_CHECKING:
    from torch import Tensor, nn

SIZE = "hidden_size"
"""The key of `model` that is the second argument of a cell's constructor."""

TRIED = 3
"""How many sequences the batch has on which `try_cell` tries a cell."""

PROTOCOL = """class MyCell(torch.nn.Module):
    def __init__(self, input_size, hidden_size): ...  # and arguments of your own
    def forward(self, x, state): ...  # x (batch, input_size); returns y (batch, hidden_size), state
"""


def custom_class(path: str) -> type[nn.Module]:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Raises:
        ModelError: There is no such module or class, or it is no torch module.
    """
    from torch import nn

    try:
        cls = find_class(path, "cell")
    except InputError as error:
        raise ModelError(str(error)) from error
    if not issubclass(cls, nn.Module):
        raise ModelError(f"{path} is no torch.nn.Module. A cell is\n{PROTOCOL}")
    return cls


def cell_arguments(path: str) -> type:
    """A dataclass of the arguments of a cell's constructor behind the two sizes.

    Raises:
        ModelError: There is no such cell, or an argument without a default cannot be set.
    """
    cls: Any = custom_class(path)
    made: type = _arguments(path, cls)
    return made


@cache
def _arguments(path: str, cls: Any) -> type:
    with calling(f"reading the arguments of {path}", ModelError):
        sizes = list(inspect.signature(cls).parameters)[:2]
    return arguments_config(path, cls, sizes)


def sizes_of(path: str) -> Mapping[str, str]:
    """The argument of a cell's constructor that a key of `model` is, and that key."""
    return dict.fromkeys(list(inspect.signature(custom_class(path)).parameters)[1:2], SIZE)


def with_arguments(path: str, arguments: ArgumentValues) -> str:
    """A cell as the functions below take it: its path, and behind that its arguments as JSON."""
    return f"{path} {json.dumps(dict(arguments))}" if arguments else path


def _parted(cell: str) -> tuple[str, dict[str, Any]]:
    """The path and the arguments in what `with_arguments` gave."""
    path, _, text = cell.partition(" ")
    pairs = json.loads(text).items() if text else ()
    return path, {name: tuple(one) if isinstance(one, list) else one for name, one in pairs}


def make_cell(cell: str, input_size: int, hidden_size: int) -> nn.Module:
    """A new cell, whose constructor draws its first weights from torch's global generator.

    Args:
        cell: Its path, with its arguments where it has any; see `with_arguments`.

    Raises:
        ModelError: The constructor raises, or the cell keeps buffers beside its parameters, which
            packs and checkpoints would lose.
    """
    path, arguments = _parted(cell)
    cls = custom_class(path)
    with calling(_call(cell, input_size, hidden_size), ModelError):
        made: nn.Module = cls(input_size, hidden_size, **arguments)
        kept = set(made.state_dict()) - {name for name, _ in made.named_parameters()}
    if kept:
        raise ModelError(
            f"{path} keeps {', '.join(sorted(kept))} beside its parameters; make them parameters, "
            "or register them with persistent=False."
        )
    return made


def _call(cell: str, input_size: int, hidden_size: int) -> str:
    """How a cell is made, in words."""
    path, arguments = _parted(cell)
    return f"{path}({shown({'input_size': input_size, 'hidden_size': hidden_size} | arguments)})"


@cache
def parameter_shapes(cell: str, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter of a custom cell, by the parameter's name."""
    import torch

    with torch.random.fork_rng(devices=[]):
        made = make_cell(cell, input_size, hidden_size)
    return {name: tuple(weight.shape) for name, weight in made.named_parameters()}


@cache
def state_sizes(cell: str, input_size: int, hidden_size: int) -> tuple[int, ...]:
    """The width of each part of a custom cell's state.

    They are the cell's attribute `state_sizes`, or one part of `hidden_size` without it. The state
    is a tuple of as many tensors (batch, size), zero before the first time step.

    Raises:
        ModelError: `state_sizes` is not one to four whole numbers from 1.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        made = make_cell(cell, input_size, hidden_size)
    declared = getattr(made, "state_sizes", (hidden_size,))
    path, _ = _parted(cell)
    try:
        sizes = tuple(operator.index(size) for size in declared)
    except TypeError as error:
        raise ModelError(
            f"{path} has state_sizes of {declared!r}; they are whole numbers, such as (8, 8)."
        ) from error
    if not 1 <= len(sizes) <= 4:
        raise ModelError(f"{path} has a state of {len(sizes)} parts; 1 to 4 are kept.")
    if min(sizes) < 1:
        raise ModelError(f"{path} has a part of its state of {min(sizes)} numbers; at least 1.")
    return sizes


def try_cell(cell: str, input_size: int, hidden_size: int) -> None:
    """Take two time steps with a new cell, forward and back, as a training would.

    Raises:
        ModelError: The cell raises, or answers something else than it should. The text says how
            it was called.
    """
    import torch

    try:
        sizes = state_sizes(cell, 1, hidden_size)
    except ModelError as error:
        raise ModelError(
            f"{error}. A cell is asked for the sizes of its state with input_size=1, for they must "
            "not hang on what enters it."
        ) from error
    call = _call(cell, input_size, hidden_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = make_cell(cell, input_size, hidden_size)
        x = torch.randn(TRIED, input_size)
    state = tuple(torch.zeros(TRIED, size) for size in sizes)
    shapes = f"x {(TRIED, input_size)}, state {_shapes(state)}"
    with calling(f"{call}, called as cell(x, state) with {shapes},", ModelError):
        for _ in range(2):
            answer = made(x, state)
            if problem := _problem(answer, (TRIED, hidden_size), state):
                raise ModelError(f"{call}, called with {shapes}, {problem}. A cell is\n{PROTOCOL}")
            y, state = answer[0], tuple(answer[1])
        if y.requires_grad:
            y.sum().backward()


def _problem(answer: Any, shape: tuple[int, int], state: tuple[Tensor, ...]) -> str:
    """What is wrong with a cell's answer, as the end of a sentence; empty if nothing is.

    Args:
        answer: What the cell returned.
        shape: What y must be shaped like, (batch, hidden).
        state: The state that the cell was given, which the next one must be shaped like.
    """
    import torch

    if not (isinstance(answer, tuple | list) and len(answer) == 2):
        return f"gives {_described(answer)} and not the two, y and state"
    y, after = answer
    if not isinstance(y, torch.Tensor):
        return f"gives y as {_described(y)} and not as a tensor"
    if tuple(y.shape) != shape:
        return f"gives y of shape {tuple(y.shape)} and not {shape}"
    if not (isinstance(after, tuple | list) and all(isinstance(p, torch.Tensor) for p in after)):
        return f"gives the state as {_described(after)} and not as a tuple of tensors"
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


def _described(value: Any) -> str:
    return "None" if value is None else f"an object of the class {type(value).__name__}"
