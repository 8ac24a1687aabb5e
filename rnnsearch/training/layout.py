"""Where each weight of a network lies in a flat row of parameters, and how widths are padded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from rnnsearch.models.config import AnyModel
from rnnsearch.models.weights import Axis, Weight, held_weights, network_weights

PAD_TO = 16
"""Widths are padded to a multiple of so many units."""
PAD_UP_TO = 256
"""Wider layers are not padded."""

ALIGN = 16
"""Every leaf starts at a multiple of this many numbers in every row. A matrix product rounds
differently by the alignment of what it reads, so a trial must have the same in every place."""


def padded_size(hidden_size: int) -> int:
    """How many units are computed for a trial's own, so that trials of near widths share a stack.

    That is the next multiple of 16 up to 256. The compiled kernels ask for such widths as well and
    gain more by them than the padding costs. It depends on the trial's own width alone, so that its
    numbers do not depend on the trials beside it.
    """
    if hidden_size > PAD_UP_TO:
        return hidden_size
    return -(-hidden_size // PAD_TO) * PAD_TO


@dataclass(frozen=True, slots=True)
class Leaf:
    """One named tensor in a row of parameters.

    Attributes:
        axes: The axes of the trial's own tensor, without padding.
        shape: With padding.
        offset: Where its first number lies in the row.
    """

    name: str
    axes: tuple[Axis, ...]
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """Numbers in it, padding included."""
        return prod(self.shape)

    @property
    def own_shape(self) -> tuple[int, ...]:
        """The shape of the trial's own tensor, without padding."""
        return tuple(axis.length for axis in self.axes)

    @property
    def gap(self) -> int:
        """Unused numbers between this leaf and the next."""
        return -self.size % ALIGN

    def blocked(self, padded: Tensor) -> Tensor:
        """The trial's own part of a padded leaf: a view with two axes (block, place) for each."""
        divided = []
        for axis, length in zip(self.axes, self.shape, strict=True):
            divided += [axis.blocks, length // axis.blocks]
        view = padded.view(divided)
        for number, axis in enumerate(self.axes):
            view = view.narrow(2 * number + 1, 0, axis.size)
        return view


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the weights of a network lie in a row of parameters.

    Attributes:
        leaves: In torch's order (embedding, layers, head), under the names of `models.network`.
        size: How many numbers a row has.
        held: Where what a network holds beside its weights lies in a row of its own, float64, which
            no optimizer touches; None for nothing.
    """

    leaves: tuple[Leaf, ...]
    size: int
    held: Layout | None = None

    def views(self, rows: Tensor) -> dict[str, Tensor]:
        """The padded weights in rows [K, size]: views [K, *shape], by name."""
        count, stride = len(rows), rows.stride(0)
        views = {}
        for leaf in self.leaves:
            inner = tuple(prod(leaf.shape[axis + 1 :]) for axis in range(len(leaf.shape)))
            start = rows.storage_offset() + leaf.offset
            views[leaf.name] = rows.as_strided((count, *leaf.shape), (stride, *inner), start)
        return views

    def join(self, tensors: Iterable[Tensor], out: Tensor) -> None:
        """Write padded tensors [K, *shape], in the order of the leaves, into rows [K, size]."""
        parts = []
        for leaf, tensor in zip(self.leaves, tensors, strict=True):
            parts.append(tensor.reshape(len(out), -1))
            if leaf.gap:
                parts.append(out.new_zeros(1, leaf.gap).expand(len(out), -1))
        torch.cat(parts, 1, out=out)

    def pack(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """A trial's own weights as a padded row [size]; padding is zero.

        Raises:
            KeyError: A weight is missing.
            RuntimeError: A weight has another shape.
        """
        row = torch.zeros(self.size, dtype=tensors[self.leaves[0].name].dtype)
        for leaf in self.leaves:
            part = leaf.blocked(row[leaf.offset : leaf.offset + leaf.size])
            part.copy_(tensors[leaf.name].reshape(part.shape))
        return row

    def unpack(self, row: Tensor) -> dict[str, Tensor]:
        """The trial's own weights out of a padded row; copies."""
        return {
            leaf.name: leaf.blocked(row[leaf.offset : leaf.offset + leaf.size])
            .reshape(leaf.own_shape)
            .clone()
            for leaf in self.leaves
        }


def layout_of(model: AnyModel, input_size: int, output_size: int, symbolic: bool) -> Layout:
    """The layout of one trial. Those of a stack's trials differ in the leaves' own axes alone."""
    held = held_weights(model, input_size, output_size)
    rest = _laid(held) if held else None
    return replace(_laid(network_weights(model, input_size, output_size, symbolic)), held=rest)


def _laid(weights: Iterable[Weight]) -> Layout:
    """Weights one behind the other."""
    leaves: list[Leaf] = []
    offset = 0
    for weight in weights:
        shape = tuple(
            axis.blocks * (padded_size(axis.size) if axis.units else axis.size)
            for axis in weight.axes
        )
        leaf = Leaf(weight.name, weight.axes, shape, offset)
        leaves.append(leaf)
        offset += leaf.size + leaf.gap
    return Layout(tuple(leaves), offset)
