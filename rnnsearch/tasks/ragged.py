"""Sequences of different lengths, end to end in one array; without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """N sequences.

    Attributes:
        values: Symbols [steps of all], or numbers [steps of all, features].
        starts: int64 [N + 1]: where each sequence starts, and where the last one ends.
    """

    values: NDArray[Any]
    starts: Ints

    @classmethod
    def of(cls, sequences: Sequence[NDArray[Any]]) -> Ragged:
        """Join sequences, at least one, each of at least one step."""
        lengths = [len(sequence) for sequence in sequences]
        return cls(np.concatenate(sequences), np.concatenate([[0], np.cumsum(lengths)]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> NDArray[Any]:
        """One sequence, a view."""
        return self.values[self.starts[number] : self.starts[number + 1]]

    @property
    def lengths(self) -> Ints:
        """Steps of each sequence, int64 [N]."""
        return np.diff(self.starts)

    def some(self, numbers: Ints) -> Ragged:
        """Some of the sequences, in that order; a copy."""
        return Ragged.of([self[number] for number in numbers.tolist()])


def by_length(lengths: Ints, numbers_a_step: int, most_numbers: int, least: int = 1) -> list[Ints]:
    """Sequences in groups of like length, so that padding wastes little and a group fits.

    Args:
        lengths: Steps of each sequence, int64 [N].
        numbers_a_step: What one step of one sequence takes.
        most_numbers: What a group, padded to its longest, may take; so many sequences as
            `least` says are in one whatever they take.
        least: Sequences of a group, as far as there are as many.

    Returns:
        Places in `lengths`, the shortest first; a function of the arguments alone.
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
