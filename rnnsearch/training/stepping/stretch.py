"""The training steps that lie ahead of some trials within their epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.training.feeding import teacher_share
from rnnsearch.training.slots import Slot

Places = slice | list[int]
"""Which of K neighbouring trials: neighbours by a slice, others by a list."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """n training steps of K trials.

    Attributes:
        index: Which sequences make up each batch, for `Task.gather`, int64 [n, K, B].
        factors: What the learning rates are multiplied with, float64 [n, K]; None where all
            factors are one.
        self_fed_share: How many of the inputs own predictions replace, float64 [K]; None unless the
            feeding is `scheduled`.
        longest: Time steps of each batch's longest sequence, on the host, int64 [n, K]; None
            where they are unknown or all alike.
    """

    index: Tensor
    factors: Tensor | None
    self_fed_share: Tensor | None
    longest: np.ndarray[Any, Any] | None = None

    def __len__(self) -> int:
        return len(self.index)

    def part(self, steps: slice, members: Places = slice(None)) -> Stretch:
        """Some of the training steps of some of the trials; views where the places are a slice."""
        factors = None if self.factors is None else self.factors[steps, members]
        share = None if self.self_fed_share is None else self.self_fed_share[members]
        longest = None if self.longest is None else self.longest[steps, members]
        return Stretch(self.index[steps, members], factors, share, longest)


def stretch_of(slots: Sequence[Slot], count: int, device: torch.device) -> Stretch:
    """The next `count` training steps of these slots, none of which ends its epoch before."""
    index = np.stack([s.planned()[s.step : s.step + count] for s in slots], axis=1)
    factors = None
    if any(slot.factors is not None for slot in slots):
        columns = [
            np.ones(count) if s.factors is None else s.factors[s.step : s.step + count]
            for s in slots
        ]
        factors = torch.from_numpy(np.stack(columns, axis=1)).to(device)
    self_fed = None
    if slots[0].config.training.feeding == "scheduled":  # then that of the whole stack
        shares = [1 - teacher_share(slot.config.training, slot.epoch) for slot in slots]
        self_fed = torch.tensor(shares, dtype=torch.float64, device=device)
    longest = None
    if slots[0].longest is not None:  # then everybody's: a stack has one task
        ends = [s.longest[s.step : s.step + count] for s in slots if s.longest is not None]
        longest = np.stack(ends, axis=1)
    return Stretch(torch.from_numpy(index).to(device), factors, self_fed, longest)
