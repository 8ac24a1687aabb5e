"""The state of a person's network, whatever its form, as one row of numbers a sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

from rnnsearch.errors import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class StateForm:
    """How a state is folded into rows, and back.

    A row holds all numbers of one sequence's state, and a 1 at its end. A row of zeros stands for a
    sequence that has not started, for which the network is given None.

    Attributes:
        example: A state: a tensor, or tuples, lists and dicts of tensors; None of a network that
            keeps none.
        axes: Of each tensor, which axis counts the sequences.
        shapes: Of each tensor, its shape without that axis.
        dtypes: Of each tensor; None for that of the weights.
    """

    example: Any
    axes: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[torch.dtype | None, ...]

    @property
    def width(self) -> int:
        """How long a row is."""
        return sum(map(prod, self.shapes)) + 1

    def started(self, rows: Tensor) -> Tensor:
        """Which sequences have a state, bool [B], of rows [B, width]."""
        return rows[:, -1] != 0

    def folded(self, path: str, state: Any, like: Tensor) -> Tensor:
        """A state as rows [B, width].

        Args:
            path: Of the network, for errors.
            like: A tensor [B, width] of the dtype and on the device that are wanted.

        Raises:
            ModelError: The state has another form than it had when it was first looked at.
        """
        leaves = list(_leaves(path, state))
        if len(leaves) != len(self.axes):
            raise ModelError(
                f"{path} gives a state of {len(leaves)} tensors, not {len(self.axes)}."
            )
        parts = []
        for leaf, axis, shape in zip(leaves, self.axes, self.shapes, strict=True):
            wanted = (*shape[:axis], like.shape[0], *shape[axis:])
            if tuple(leaf.shape) != wanted:
                raise ModelError(
                    f"{path} gives a part of its state of shape {tuple(leaf.shape)} where it gave "
                    f"{wanted} before."
                )
            parts.append(leaf.movedim(axis, 0).reshape(like.shape[0], -1).to(like.dtype))
        return torch.cat([*parts, like.new_ones(like.shape[0], 1)], 1)

    def unfolded(self, path: str, rows: Tensor) -> Any:
        """The state that lies in rows [B, width].

        Raises:
            ModelError: The network keeps none, and so cannot go on.
        """
        if not self.axes:
            raise ModelError(
                f"{path} keeps no state, and was to go on from one: its forward takes no `state`, "
                "or gives no tensor for one."
            )
        sizes = [prod(shape) for shape in self.shapes]
        leaves = []
        pieces = torch.split(rows[:, :-1], sizes, 1)
        for piece, axis, shape, dtype in zip(
            pieces, self.axes, self.shapes, self.dtypes, strict=True
        ):
            leaf = piece.reshape(rows.shape[0], *shape).movedim(0, axis)
            leaves.append(leaf.to(rows.dtype if dtype is None else dtype).contiguous())
        return _planted(self.example, iter(leaves))


def state_form(path: str, two: Any, three: Any) -> StateForm:
    """How a state lies in rows, of what a network gave for two sequences and for three.

    Raises:
        ModelError: A part of the state does not have one axis for the sequences.
    """
    axes, shapes, dtypes = [], [], []
    both = list(_leaves(path, two)), list(_leaves(path, three))
    if len(both[0]) != len(both[1]):
        raise ModelError(
            f"{path} gives a state of {len(both[0])} tensors for two sequences and of "
            f"{len(both[1])} for three; it must be made of as many whatever comes in."
        )
    for number, (one, other) in enumerate(zip(*both, strict=True)):
        sizes = tuple(one.shape)
        if one.is_complex():
            raise ModelError(
                f"{path}: part {number} of its state is complex, and is kept as real numbers; "
                "give torch.view_as_real of it."
            )
        differing = [
            axis
            for axis, pair in enumerate(zip(one.shape, other.shape, strict=False))
            if pair == (2, 3)
        ]
        others = [at for at in range(one.ndim) if at not in differing]
        same = one.ndim == other.ndim and all(one.shape[at] == other.shape[at] for at in others)
        if len(differing) != 1 or not same:
            raise ModelError(
                f"{path}: part {number} of its state has shape {sizes} for two sequences and "
                f"{tuple(other.shape)} for three; one axis must count the sequences, and the "
                "others be as long whatever comes in."
            )
        axes.append(differing[0])
        shapes.append(sizes[: differing[0]] + sizes[differing[0] + 1 :])
        dtypes.append(None if one.is_floating_point() else one.dtype)
    return StateForm(two, tuple(axes), tuple(shapes), tuple(dtypes))


def _leaves(path: str, state: Any) -> Iterator[Tensor]:
    """The tensors of a state, in order."""
    if isinstance(state, Tensor):
        yield state
    elif isinstance(state, dict):
        for key in _ordered(state):
            yield from _leaves(path, state[key])
    elif isinstance(state, tuple | list):
        for part in state:
            yield from _leaves(path, part)
    elif state is not None:
        raise ModelError(
            f"{path} gives {described(state)} in its state; it is made of tensors, in tuples, "
            "lists and dicts."
        )


def _ordered(state: dict[Any, Any]) -> list[Any]:
    """The keys of a state, in an order that does not hang on how it was filled."""
    return sorted(state, key=repr)


def _planted(example: Any, leaves: Iterator[Tensor]) -> Any:
    """A state of an example's form with other tensors."""
    if isinstance(example, Tensor):
        return next(leaves)
    if isinstance(example, dict):
        return {key: _planted(example[key], leaves) for key in _ordered(example)}
    if isinstance(example, tuple | list):
        parts = [_planted(part, leaves) for part in example]
        return type(example)(*parts) if hasattr(example, "_fields") else type(example)(parts)
    return None


def described(value: Any) -> str:
    """What an object is, in words."""
    return "None" if value is None else f"an object of the class {type(value).__name__}"
