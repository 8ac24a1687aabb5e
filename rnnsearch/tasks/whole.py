"""Whole sequences of different lengths on a device: padded batches, passes, and reading a part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from rnnsearch.tasks.base import Predictor, Window
from rnnsearch.tasks.ragged import Ragged, by_length
from rnnsearch.tasks.streams import derive

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOBODY = -1
"""In an index: a place of the last batch of a pass that no sequence fills."""

GROUP_NUMBERS = {"cpu": 750_000, "cuda": 6_000_000}
"""Activations of one trial that a group of sequences may hold; not of a pack, whose size must
not decide how a trial's numbers are rounded."""


def shuffled_passes(seed: int, epoch: int, window: Window, rows: int) -> NDArray[np.int64]:
    """Numbers of training sequences of an epoch, in an order drawn anew for each pass.

    An epoch is one pass, in which every sequence stands once; with `steps_per_epoch` it is so
    many steps, and the next one goes on there. The last batch of a pass may hold `NOBODY`.

    Returns:
        int64 [steps, B].
    """
    batch = window.batch_size
    in_pass = -(-rows // batch)
    steps = window.steps_per_epoch or in_pass
    first, last = epoch * steps, (epoch + 1) * steps - 1
    passes = []
    for number in range(first // in_pass, last // in_pass + 1):
        order = np.full(in_pass * batch, NOBODY, dtype=np.int64)
        draw = np.random.default_rng(derive(seed, "data", number))
        order[:rows] = draw.permutation(rows)
        passes.append(order.reshape(in_pass, batch))
    begin = first % in_pass
    return np.concatenate(passes)[begin : begin + steps]


class WholeSequences:
    """Sequences on a device, read from their first step to their last.

    Attributes:
        lengths: Steps of each sequence, int64 [N].
    """

    def __init__(self, ragged: Ragged, device: torch.device, dtype: torch.dtype) -> None:
        """Copy sequences to a device.

        Args:
            dtype: Of what is read; int64 for symbols.
        """
        self._values = torch.tensor(ragged.values, device=device)
        self._starts = torch.tensor(ragged.starts[:-1], device=device)
        self._dtype = dtype
        self._on_host = ragged.lengths
        self.lengths = torch.tensor(ragged.lengths, device=device)

    def padded(self, numbers: Tensor, steps: int, skip: Tensor | int = 0) -> tuple[Tensor, Tensor]:
        """Sequences, time first, zero behind each one's end.

        Args:
            numbers: Which, int64 [K, B]; `NOBODY` has length 0.
            steps: At which all are cut or padded.
            skip: First steps that are left out, a number or [K, B].

        Returns:
            Values [K, steps, B] or [K, steps, B, F], contiguous, and lengths int64 [K, B].
        """
        lengths = torch.where(numbers == NOBODY, 0, self.lengths[numbers] - skip)
        lengths = lengths.clamp(0, steps)
        time = torch.arange(steps, device=numbers.device).view(1, -1, 1)
        valid = time < lengths.unsqueeze(1)
        begins = self._starts[numbers] + skip
        found = self._values[torch.where(valid, begins.unsqueeze(1) + time, 0)].to(self._dtype)
        valid = valid.view(*valid.shape, *[1] * (found.ndim - 3))
        return torch.where(valid, found, torch.zeros_like(found[:1, :1, :1])), lengths

    def read(self, predictor: Predictor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Run trained networks over every sequence, from the zero state.

        Sequences of like length are read together, as many as memory allows for one trial.

        Yields:
            Which sequences, int64 [B]; their lengths, [1, B]; and the outputs of the head.
        """
        device = self.lengths.device
        shortest = torch.tensor([[int(np.argmin(self._on_host))]], device=device)
        inputs, lengths = self.padded(shortest, 1)
        outputs, state = predictor(inputs, None, lengths)  # a look at the widths
        width = outputs.shape[-1] + 8 * state[0].shape[-1]
        width += inputs.shape[-1] if inputs.ndim == 4 else outputs.shape[-1]
        most = GROUP_NUMBERS.get(device.type, GROUP_NUMBERS["cpu"])
        for group in by_length(self._on_host, width, most):
            numbers = torch.from_numpy(group).to(device)
            inputs, lengths = self.padded(numbers.unsqueeze(0), int(self._on_host[group].max()))
            outputs, _ = predictor(inputs, None, lengths)
            yield numbers, lengths, outputs
