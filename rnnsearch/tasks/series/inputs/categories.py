"""Columns of texts, codes or truth values as inputs: one for each value that training saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Ints

MOST_VALUES = 100
"""Of a column of more values, those that come most often have inputs of their own."""

EMPTY = ""
"""The value of an empty cell."""


@dataclass(frozen=True, slots=True)
class Category:
    """A column whose cells are values without an order.

    Each value is an input that is 1 where the cell has it, and 0 elsewhere. The weights that read
    these inputs are then a vector a value, which is learned as an embedding is. Any other value is
    read as the mean of all cells of training, and so has the mean of their vectors.

    Attributes:
        name: The column's name.
        values: The values that have inputs, in the order of the inputs.
        shares: Which share of the cells of training each has.
    """

    name: str
    values: tuple[str, ...]
    shares: tuple[float, ...]

    @classmethod
    def fit(cls, name: str, values: Sequence[str], codes: Ints) -> Self:
        """Learn the values of a column.

        Args:
            values: All values of the column.
            codes: The number among them of each cell of the training part.
        """
        counts = np.bincount(codes, minlength=len(values))
        often = sorted(np.flatnonzero(counts).tolist(), key=lambda at: (-counts[at], values[at]))
        kept = sorted(often[:MOST_VALUES], key=lambda at: values[at])
        shares = counts[kept] / max(len(codes), 1)
        return cls(name, tuple(values[at] for at in kept), tuple(shares.tolist()))

    def numbers(self, values: Sequence[str]) -> Ints:
        """The number of the input of each value; that of one without an input follows the last."""
        known = {value: number for number, value in enumerate(self.values)}
        return np.array([known.get(value, len(known)) for value in values], np.int64)

    def inputs(self, numbers: Ints) -> NDArray[np.float32]:
        """The inputs of cells [rows, values], by what `numbers` gives of them."""
        width = len(self.values)
        table = np.concatenate([np.eye(width), [self.shares]]).astype(np.float32)
        return table[np.minimum(numbers, width)]

    def to_json(self) -> dict[str, Any]:
        """JSON values that `from_json` reads."""
        return {"name": self.name, "values": list(self.values), "shares": list(self.shares)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(kept["name"], tuple(kept["values"]), tuple(kept["shares"]))


def shown(value: str) -> str:
    """A value of a category for a message."""
    return "an empty cell" if value == EMPTY else repr(value)
