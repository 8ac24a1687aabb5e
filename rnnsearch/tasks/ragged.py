"""Sequences of different lengths, end to end in one numpy array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """N sequences of different lengths.

    Attributes:
        values: The time steps of all sequences: symbols [time steps], or numbers [time steps,
            features].
        starts: int64 [N + 1]: where each sequence starts, and where the last one ends.
    """

    values: NDArray[Any]
    starts: Ints

    @classmethod
    def of(cls, sequences: Sequence[NDArray[Any]]) -> Ragged:
        """Join sequences, at least one, each of at least one time step."""
        lengths = [len(sequence) for sequence in sequences]
        return cls(np.concatenate(sequences), np.concatenate([[0], np.cumsum(lengths)]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> NDArray[Any]:
        """One sequence, as a view."""
        return self.values[self.starts[number] : self.starts[number + 1]]

    @property
    def lengths(self) -> Ints:
        """Time steps of each sequence, int64 [N]."""
        return np.diff(self.starts)

    def then(self, other: Ragged) -> Ragged:
        """These sequences, and others after them."""
        starts = np.concatenate([self.starts, self.starts[-1] + other.starts[1:]])
        return Ragged(np.concatenate([self.values, other.values]), starts)

    def some(self, numbers: Ints) -> Ragged:
        """The sequences of some numbers, in that order, as a copy."""
        return Ragged.of([self[number] for number in numbers.tolist()])


def by_length(lengths: Ints, numbers_a_step: int, most_numbers: int, least: int = 1) -> list[Ints]:
    """Sequences in groups of like length, so that padding wastes little and a group fits.

    Args:
        lengths: Time steps of each sequence, int64 [N].
        numbers_a_step: How many numbers one time step of one sequence takes in memory.
        most_numbers: How many numbers a group, padded to its longest sequence, may take; a group of
            `least` sequences may take more.
        least: The fewest sequences of a group, as far as there are as many.

    Returns:
        Places in `lengths` of each group, the shortest sequences first.
    """
    order = np.argsort(lengths, kind="stable")
    groups: list[Ints] = []
    begin = 0
    for end in range(1, len(order) + 1):
        longer = end == len(order) or (
            end - begin >= least
            and (end + 1 - begin) * int(lengths[order[end]]) * numbers_a_step > most_numbers
        )
        if longer:
            groups.append(order[begin:end])
            begin = end
    return groups
