"""The answers of one model to a part beside the true ones, as a custom metric is given them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import TaskData

if TYPE_CHECKING:
    from torch import Tensor

MOST_NUMBERS = 2_000_000
"""Numbers of one model's outputs that are kept at most where a part may have any number of them."""

TRIED = 32
"""Answers at random on which a metric is tried."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model answers to a part, and what is true.

    Attributes:
        outputs: Float64 [n, ...]: numbers in the data's units, or probabilities.
        targets: Numbers or events of the same shape, or classes int64 [n]. NaN where unknown.
        known: Which targets are known, of their shape; None where all are.
    """

    outputs: Any
    targets: Any
    known: Any = None


@runtime_checkable
class Answering(Protocol):
    """A `TaskData` whose answers are not all that `random_answers` takes them for."""

    def example_answers(self, draw: np.random.Generator, count: int) -> Answers:
        """Answers at random, of the shapes that those of a model have."""
        ...


def random_answers(data: TaskData, draw: np.random.Generator, count: int) -> Answers:
    """Answers at random of the shapes that a task's have: of one class, or of some numbers."""
    if isinstance(data, Answering):
        return data.example_answers(draw, count)
    if data.losses[0] == "cross_entropy":
        return random_classes(draw, count, data.output_size)
    return random_numbers(draw, (count, data.output_size))


def random_numbers(draw: np.random.Generator, shape: tuple[int, ...]) -> Answers:
    """Numbers around 1, as outputs and as targets."""
    return Answers(draw.uniform(0.5, 1.5, shape), draw.uniform(0.5, 1.5, shape))


def random_classes(draw: np.random.Generator, count: int, classes: int) -> Answers:
    """Probabilities of classes, and classes in turn."""
    outputs = draw.uniform(0.5, 1.5, (count, classes))
    return Answers(outputs / outputs.sum(1, keepdims=True), np.arange(count) % classes)


def stride(rows: int, width: int) -> int:
    """Of how many rows each a row is kept, so that all kept are no more than `MOST_NUMBERS`.

    Args:
        rows: Of the part.
        width: Numbers of a row.
    """
    return max(1, -(-rows * width // MOST_NUMBERS))


def thinned(rows: Ints, width: int) -> Ints:
    """The rows whose answers are kept, evenly spread over all of them."""
    return rows[:: stride(len(rows), width)]


def kept(rows: int, width: int, what: str) -> str:
    """Words on how many answers are kept, where these are not all; else nothing."""
    step = stride(rows, width)
    if step == 1:
        return ""
    return f", of {-(-rows // step):,} of {rows:,} {what}, evenly spread"


class Gathering:
    """Collects the answers of K networks, which come in pieces and in any order.

    Args:
        rows: How many there are in all.
        width: Numbers of a row.
    """

    def __init__(self, rows: int, width: int) -> None:
        self._step = stride(rows, width)
        self._places: list[Ints] = []
        self._outputs: list[Any] = []
        self._targets: list[Any] = []

    def add(self, places: Tensor, outputs: Tensor, targets: Tensor) -> None:
        """Take in some answers.

        Args:
            places: The numbers of their rows, int64 [n].
            outputs: [K, n, ...].
            targets: [n, ...].
        """
        some = (places % self._step == 0).nonzero().squeeze(1)
        self._places.append(places[some].cpu().numpy())
        self._outputs.append(outputs[:, some].cpu().numpy())
        self._targets.append(targets[some].cpu().numpy())

    def answers(self, shown: Callable[[Floats], Floats]) -> Iterator[Answers]:
        """The answers of each network, in the order of their rows.

        Args:
            shown: From outputs in float64 to what a metric is given.
        """
        order = np.argsort(np.concatenate(self._places), kind="stable")
        truth = np.concatenate(self._targets)[order]
        for one in np.concatenate(self._outputs, axis=1):
            yield Answers(shown(one[order].astype(np.float64)), truth)
