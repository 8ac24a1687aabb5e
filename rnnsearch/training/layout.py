"""Where each weight of a network lies in a flat row of parameters, and how widths are padded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.weights import Axis, network_weights

PAD_TO = 16
PAD_UP_TO = 256

ALIGN = 16
"""Numbers; every leaf starts at a multiple of it in every row. A matrix product rounds by the
alignment of what it reads, so a row must find the same one in every place."""


def padded_size(hidden_size: int) -> int:
    """Units that are computed for a trial's own units, so that near widths share a stack.

    The next multiple of 16 up to 256, which is also what the compiled kernel asks for: it gains
    more than the padding costs. A function of the trial's own width alone: its numbers do not
    depend on the company.
    """
    if hidden_size > PAD_UP_TO:
        return hidden_size
    return -(-hidden_size // PAD_TO) * PAD_TO


@dataclass(frozen=True, slots=True)
class Leaf:
    """One named tensor in the row.

    Attributes:
        axes: The trial's own.
        shape: Padded.
        offset: Of its first number in the row.
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
        """Shape in the trial's own module."""
        return tuple(axis.length for axis in self.axes)

    @property
    def gap(self) -> int:
        """Unused numbers between this leaf and the next."""
        return -self.size % ALIGN

    def blocked(self, padded: Tensor) -> Tensor:
        """The trial's own part of a padded leaf, a view with two axes for one: block, place."""
        divided = []
        for axis, length in zip(self.axes, self.shape, strict=True):
            divided += [axis.blocks, length // axis.blocks]
        view = padded.view(divided)
        for number, axis in enumerate(self.axes):
            view = view.narrow(2 * number + 1, 0, axis.size)
        return view


@dataclass(frozen=True, slots=True)
class Layout:
    """Leaves in torch's order: embedding, layers, head; names of `models.network`."""

    leaves: tuple[Leaf, ...]
    size: int

    def views(self, rows: Tensor) -> dict[str, Tensor]:
        """Padded views [K, *shape] into rows [K, size], by name."""
        count, stride = len(rows), rows.stride(0)
        found = {}
        for leaf in self.leaves:
            inner = tuple(prod(leaf.shape[axis + 1 :]) for axis in range(len(leaf.shape)))
            start = rows.storage_offset() + leaf.offset
            found[leaf.name] = rows.as_strided((count, *leaf.shape), (stride, *inner), start)
        return found

    def join(self, tensors: Iterable[Tensor], out: Tensor) -> None:
        """Write tensors [K, *shape], in the order of the leaves, into rows [K, size]."""
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
        row = torch.zeros(self.size, dtype=next(iter(tensors.values())).dtype)
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


def layout_of(model: ModelConfig, input_size: int, output_size: int, symbolic: bool) -> Layout:
    """The layout of one trial. All trials of a stack agree but in the leaves' own axes."""
    leaves: list[Leaf] = []
    offset = 0
    for weight in network_weights(model, input_size, output_size, symbolic):
        shape = tuple(
            axis.blocks * (padded_size(axis.size) if axis.units else axis.size)
            for axis in weight.axes
        )
        leaf = Leaf(weight.name, weight.axes, shape, offset)
        leaves.append(leaf)
        offset += leaf.size + leaf.gap
    return Layout(tuple(leaves), offset)
