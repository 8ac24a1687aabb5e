"""What a way of taking training steps promises to a stack."""

from __future__ import annotations

import time
from typing import Protocol

import torch
from torch import Tensor

from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.stretch import Stretch


class Taken:
    """The training steps that a crew took, and the time until which it may take more.

    Attributes:
        lo: The crew's first row.
        count: How many training steps it took.

    Args:
        end: When the crew must stop, as `time.perf_counter` counts.
    """

    def __init__(self, lo: int, end: float) -> None:
        self.lo = lo
        self.count = 0
        self._end = end
        self._losses: list[Tensor] = []
        self._norms: list[Tensor] = []

    @property
    def left(self) -> float:
        """Seconds that are left: below zero when time is up, infinite where no end is set."""
        return self._end - time.perf_counter()

    def add(self, losses: Tensor, norms: Tensor) -> None:
        """Note n training steps: losses and norms of the gradients before clipping, [n, K] each."""
        self.count += len(losses)
        self._losses.append(losses)
        self._norms.append(norms)

    def results(self) -> Tensor:
        """Losses and norms of all training steps, [2, count, K]; there must be at least one."""
        return torch.stack([torch.cat(self._losses), torch.cat(self._norms)])


class Stepper(Protocol):
    """A way of taking the training steps of a stack's trials.

    A trial's numbers depend on its own rows and config, never on the trials beside it. All ways
    give the same curves, but for the order in which sums are taken.

    Attributes:
        one_by_one: Whether it computes one trial after the other, in the memory of a single one.
    """

    one_by_one: bool

    @property
    def words(self) -> str:
        """What computes the training steps, for a person; it may change with the first of them."""

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """Take the training steps of a crew that lie ahead, until time is up; at least one.

        When memory runs out, the training steps in `taken` stand, and the next changed nothing.

        Args:
            taken: Gets the losses and norms, and knows when time is up.
        """

    def release(self) -> bool:
        """Give back the memory that is kept between training steps; whether there was any."""
