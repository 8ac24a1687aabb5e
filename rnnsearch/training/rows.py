"""The tensors of a stack: a row a trial in each of them.

`parameters`, `gradients`, `first`, `second` and `powers` of the optimizer, `state0` and `state1`
of the network, and the dropout's `seed` and `total`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.training.restoring import check_row

_SCRATCH = "gradients"
"""Written anew by each step, so its rows never move."""

_DERIVED = frozenset({"seed", "total"})
"""Known from the slot; no part of a snapshot."""


class Rows:
    """Rows that come, go and change places, in tensors that grow and shrink by halves.

    Args:
        size: Numbers of a padded row of parameters.
        moments: Rows of optimizer state as long as the parameters.
        state: Shape of each part of the network's state, without the trials' axis.
    """

    def __init__(
        self,
        *,
        size: int,
        moments: int,
        state: Sequence[tuple[int, ...]],
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        shapes: dict[str, tuple[tuple[int, ...], torch.dtype]] = {"parameters": ((size,), dtype)}
        shapes |= dict.fromkeys(("first", "second")[:moments], ((size,), dtype))
        shapes["powers"] = ((2,), torch.float64)
        shapes |= {f"state{n}": (shape, dtype) for n, shape in enumerate(state)}
        self._shapes = shapes | {"seed": ((), torch.int32), "total": ((), torch.int64)}
        self._device = device
        self.state_names = tuple(name for name in shapes if name.startswith("state"))
        self.count = 0
        self.tensors: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    @property
    def capacity(self) -> int:
        """Rows that there is room for."""
        return len(self.tensors["seed"]) if self.tensors else 0

    def check(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """See that rows from elsewhere fit; names that are not ours are left alone.

        Raises:
            ValueError: One has another shape than these rows.
        """
        for name, array in arrays.items():
            if name in self._shapes and tuple(array.shape) != self._shapes[name][0]:
                raise ValueError(
                    f"the row {name!r} has shape {array.shape}, this stack {self._shapes[name][0]}"
                )

    def check_whole(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """See that arrays are all the rows of a trial that goes on from where it was.

        Raises:
            PackError: One is missing, or is no row of these.
        """
        for name in sorted(set(self._shapes) - _DERIVED):
            if name not in arrays:
                raise PackError(f"it lacks {name}")
            check_row(name, arrays[name], *self._shapes[name])

    def append(self, arrays: Mapping[str, np.ndarray[Any, Any]], *, seed: int, total: int) -> None:
        """A new last row; what `arrays` does not name starts at zero, powers at one.

        Raises:
            ValueError: A row has another shape than these.
        """
        self.check(arrays)
        if self.count == self.capacity:
            self._resize(max(1, 2 * self.capacity))
        place = self.count
        self.count += 1
        for name in self._shapes:
            if name in arrays:
                self.tensors[name][place] = torch.from_numpy(np.asarray(arrays[name]))
            else:
                self.tensors[name][place] = 1 if name == "powers" else 0
        self.tensors["seed"][place] = seed
        self.tensors["total"][place] = total

    def remove(self, place: int) -> None:
        """The last row moves into this place, and spare memory is given back."""
        last = self.count - 1
        if place != last:
            for name in self._shapes:
                rows = self.tensors[name]
                rows[place] = rows[last].clone()
        self.count = last
        if 4 * last <= self.capacity:
            self._resize(2 * last)

    def reorder(self, order: Sequence[int]) -> None:
        """Row n becomes what row `order[n]` was."""
        picks = torch.tensor(order, device=self._device)
        for name in self._shapes:
            rows = self.tensors[name]
            rows[: len(order)] = rows[picks]

    def arrays(self, place: int) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of a row, for `append` to other rows of this make."""
        names = sorted(set(self._shapes) - _DERIVED)
        return {name: self.array(name, place) for name in names}

    def array(self, name: str, place: int) -> np.ndarray[Any, Any]:
        """A copy of one row of one tensor."""
        found: np.ndarray[Any, Any] = self.tensors[name][place].cpu().numpy().copy()
        return found

    def _resize(self, capacity: int) -> None:
        tensors = {}
        for name, (shape, dtype) in self._shapes.items():
            fresh = torch.zeros((capacity, *shape), dtype=dtype, device=self._device)
            if self.count:
                fresh[: self.count] = self.tensors[name][: self.count]
            tensors[name] = fresh
        tensors[_SCRATCH] = torch.zeros_like(tensors["parameters"])
        self.tensors = tensors
