"""What a way of taking steps promises to a stack."""

from __future__ import annotations

import time
from typing import Protocol

import torch
from torch import Tensor

from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.stretch import Stretch


class Taken:
    """The steps that a crew took, and until when it may take more.

    Attributes:
        lo: The crew's first row.
        count: How many steps they are.
    """

    def __init__(self, lo: int, end: float) -> None:
        self.lo = lo
        self.count = 0
        self._end = end
        self._losses: list[Tensor] = []
        self._norms: list[Tensor] = []

    @property
    def left(self) -> float:
        """Seconds that are left; below zero where it is late, infinite where nobody asks."""
        return self._end - time.perf_counter()

    def add(self, losses: Tensor, norms: Tensor) -> None:
        """Note n steps: losses, and norms of the gradients before clipping, each [n, K]."""
        self.count += len(losses)
        self._losses.append(losses)
        self._norms.append(norms)

    def found(self) -> Tensor:
        """Losses and norms, [2, count, K]; there must be some."""
        return torch.stack([torch.cat(self._losses), torch.cat(self._norms)])


class Stepper(Protocol):
    """A way of taking the optimizer steps of a stack's trials.

    A trial's numbers hang on its own rows and config, never on its company, and every way gives
    the curves of the others but for the order in which sums are taken.

    Attributes:
        one_by_one: Whether it takes one trial after the other, in the memory of a single one.
    """

    one_by_one: bool

    @property
    def words(self) -> str:
        """What computes the steps, as far as it has shown."""

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """Take steps of a crew until those ahead are done, or it is late; at least one.

        When memory runs out, the steps that were noted stand, and the next changed nothing.

        Args:
            taken: Gets them.
        """

    def release(self) -> bool:
        """Give back the memory that is kept between steps; whether there was any."""
