"""The trials of a stack, and its tensors: each trial has one row in each of them.

The tensors are the `parameters` and their `gradients`; the optimizer's `first` and `second` moments
and `powers` of its betas; what networks have `held` beside their weights; the `average` of the
parameters over the epochs that have ended, where they are averaged; the parts `state0`, `state1`
and so on of their states; and what random numbers are drawn by, the trial's `seed` and the `total`
of its training steps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.tasks.streams import derive
from rnnsearch.training.optimizers import moments
from rnnsearch.training.restoring import check_row
from rnnsearch.training.shapes import zero_state
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import Shared

_SCRATCH = "gradients"
"""Written anew by each training step, so its rows never move."""

HELD = "held"
"""The row of what a network holds beside its weights, where it holds anything."""

AVERAGE = "average"
"""The row of the average of the parameters over epochs, where there is one."""

_DERIVED = frozenset({"seed", "total"})
"""Known from the trial's slot, so no part of a snapshot."""


class Rows:
    """Rows that come, go and change places, in tensors that double and halve their length.

    Attributes:
        slots: The trials; the one in place n has row n.
        tensors: By name, each with `capacity` rows.
        state_names: The names of the parts of the networks' states.
    """

    def __init__(self, shared: Shared) -> None:
        dtype, size = shared.dtype, shared.layout.size
        batch = shared.key.window.batch_size
        state = zero_state(shared.key.network, 1, batch, torch.device("meta"), dtype)
        shapes: dict[str, tuple[tuple[int, ...], torch.dtype]] = {"parameters": ((size,), dtype)}
        if shared.key.averages:
            shapes[AVERAGE] = ((size,), dtype)
        kept = ("first", "second")[: moments(shared.key.rule)]
        shapes |= dict.fromkeys(kept, ((size,), dtype))
        shapes["powers"] = ((2,), torch.float64)
        if shared.layout.held is not None:
            shapes[HELD] = ((shared.layout.held.size,), torch.float64)
        shapes |= {f"state{n}": (tuple(p.shape[1:]), dtype) for n, p in enumerate(state)}
        self._shapes = shapes | {"seed": ((), torch.int32), "total": ((), torch.int64)}
        self._device = shared.device
        self.state_names = tuple(name for name in shapes if name.startswith("state"))
        self.slots: list[Slot] = []
        self.tensors: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    @property
    def capacity(self) -> int:
        """How many rows the tensors have."""
        return len(self.tensors["seed"]) if self.tensors else 0

    def check_whole(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Check that the arrays of a snapshot hold all rows of a trial of this stack.

        Raises:
            PackError: A row is missing, or has another shape or dtype.
        """
        for name in self._kept():
            if name not in arrays:
                raise PackError(f"it lacks {name}")
            check_row(name, arrays[name], *self._shapes[name])

    def append(self, slot: Slot, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Give a trial the row behind the last.

        Args:
            arrays: Rows by name. What is not named starts at zero, `powers` at one; names of no
                tensor are left alone.

        Raises:
            ValueError: A row has another shape than those of its tensor.
        """
        for name, array in arrays.items():
            if name in self._shapes and tuple(array.shape) != self._shapes[name][0]:
                raise ValueError(
                    f"the row {name!r} has shape {array.shape}, this stack {self._shapes[name][0]}"
                )
        place = len(self.slots)
        if place == self.capacity:
            self._resize(max(1, 2 * self.capacity))
        self.slots.append(slot)
        for name in self._shapes:
            if name in arrays:
                self.tensors[name][place] = torch.from_numpy(np.asarray(arrays[name]))
            else:
                self.tensors[name][place] = 1 if name == "powers" else 0
        self.tensors["seed"][place] = derive(slot.config.seed, "dropout") & 0x7FFFFFFF
        self.tensors["total"][place] = slot.total

    def remove(self, slot: Slot) -> None:
        """Take a trial out: the last row moves into its place, and spare memory is given back."""
        place, last = self.slots.index(slot), len(self.slots) - 1
        if place != last:
            for name in self._shapes:
                rows = self.tensors[name]
                rows[place] = rows[last].clone()
        self.slots[place] = self.slots[last]
        self.slots.pop()
        if 4 * last <= self.capacity:
            self._resize(2 * last)

    def bring_forward(self, slots: Collection[Slot]) -> None:
        """Give some trials the first rows; they keep their order, and so do the others."""
        order = sorted(range(len(self.slots)), key=lambda place: self.slots[place] not in slots)
        if order == list(range(len(order))):
            return
        picks = torch.tensor(order, device=self._device)
        for name in self._shapes:
            rows = self.tensors[name]
            rows[: len(order)] = rows[picks]
        self.slots = [self.slots[place] for place in order]

    def picks(self, slots: Sequence[Slot]) -> Tensor:
        """The numbers of some trials' rows, to index by, int64."""
        places = {slot: place for place, slot in enumerate(self.slots)}
        return torch.tensor([places[slot] for slot in slots], device=self._device)

    def arrays(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of those rows of a trial that a snapshot keeps, for `append`."""
        return {name: self.array(name, slot) for name in self._kept()}

    def array(self, name: str, slot: Slot) -> np.ndarray[Any, Any]:
        """A copy of a trial's row of one tensor."""
        place = self.slots.index(slot)
        row: np.ndarray[Any, Any] = self.tensors[name][place].cpu().numpy().copy()
        return row

    def best(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of what is kept of a trial's best epoch, which just ended; see `Slot.best`."""
        states = self.state_names if slot.config.training.carry_state else ()
        kept = {f"best_{name}": self.array(name, slot) for name in states}
        if HELD in self._shapes:
            kept[f"best_{HELD}"] = self.array(HELD, slot)
        weights: np.ndarray[Any, Any] = self.weights([slot])[0].cpu().numpy().copy()
        return {"best": weights, **kept}

    def weights(self, slots: Sequence[Slot]) -> Tensor:
        """The weights [K, N] by which some trials are evaluated as they end an epoch.

        They are the parameters, or their average with that epoch: exponential, with its bias
        towards the first epoch taken off as Adam does (Kingma and Ba, arXiv 1412.6980, section 3).
        """
        picks = self.picks(slots)
        parameters = self.tensors["parameters"][picks]
        if AVERAGE not in self._shapes:
            return parameters
        average = self.tensors[AVERAGE][picks]
        shares = [_newest_share(slot) for slot in slots]
        share = torch.tensor(shares, dtype=average.dtype, device=self._device).unsqueeze(1)
        return (1.0 - share) * average + share * parameters

    def keep_average(self, slot: Slot) -> None:
        """Enter the epoch that a trial ended into its average, once."""
        if AVERAGE in self._shapes:
            self.tensors[AVERAGE][self.slots.index(slot)] = self.weights([slot])[0]

    def clear_state(self, slot: Slot) -> None:
        """Set a trial's state to zero."""
        for name in self.state_names:
            self.tensors[name][self.slots.index(slot)] = 0

    def _kept(self) -> list[str]:
        """Names of the rows that a snapshot keeps."""
        return sorted(set(self._shapes) - _DERIVED)

    def _resize(self, capacity: int) -> None:
        """Make new tensors with so many rows, and copy the rows of all trials into them."""
        tensors = {}
        for name, (shape, dtype) in self._shapes.items():
            fresh = torch.zeros((capacity, *shape), dtype=dtype, device=self._device)
            if self.slots:
                fresh[: len(self.slots)] = self.tensors[name][: len(self.slots)]
            tensors[name] = fresh
        tensors[_SCRATCH] = torch.zeros_like(tensors["parameters"])
        self.tensors = tensors


def _newest_share(slot: Slot) -> float:
    """How much the epoch that a trial ended counts in its average; the first counts alone."""
    decay = slot.config.training.average_decay
    return (1.0 - decay) / (1.0 - decay ** (slot.epoch + 1))
