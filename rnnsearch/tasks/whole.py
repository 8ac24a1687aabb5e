"""Whole sequences of different lengths on a device: passes, padded batches, and scored parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import OutputsOnly, Predictor, Window
from rnnsearch.tasks.ragged import Ragged, by_length
from rnnsearch.tasks.streams import derive

NOBODY = -1
"""The number in an index that marks an empty place of a batch which is not full."""

GROUP_NUMBERS = {"cpu": 750_000, "cuda": 6_000_000}
"""The most activations of one trial in a group of sequences that is scored at once, by the device's
type. Those of a whole pack are not counted: its size must not decide how a trial is rounded."""

LEAST_GROUP = 4
"""The fewest sequences of such a group, however long: kernels take four at the price of one."""


BUCKETED = 32
"""How many batches' sequences are sorted by length together. With more there is less padding; with
fewer, sequences of different lengths meet in a batch more often. 694 log-normal lengths whose
longest is seven times the mean, in batches of four, have 8 % of padding with 32 and 13 % with 16;
unsorted they have 87 %."""


def bucketed_passes(seed: int, epoch: int, window: Window, lengths: Ints) -> Ints:
    """The numbers of the training sequences of an epoch, with like lengths in each batch.

    A pass shows every sequence once. Its sequences are shuffled and cut into two parts or more of
    at most `BUCKETED` batches; within a part sequences are sorted by length and cut into batches,
    and the batches of all parts follow each other in any order. An epoch is one pass; with
    `steps_per_epoch` it is so many training steps, and the next epoch continues there. A batch
    that is not full is filled with `NOBODY`; it holds sequences of any one length, and ends its
    pass.

    Args:
        lengths: Time steps of each sequence, int64 [N].

    Returns:
        int64 [training steps, B], the longest of each batch first.
    """
    in_pass = -(-len(lengths) // window.batch_size)
    steps = window.steps_per_epoch or in_pass
    first, last = epoch * steps, (epoch + 1) * steps - 1
    numbers = range(first // in_pass, last // in_pass + 1)
    passes = [_bucketed(derive(seed, "data", one), window.batch_size, lengths) for one in numbers]
    begin = first % in_pass
    return np.concatenate(passes)[begin : begin + steps]


def _bucketed(seed: int, batch: int, lengths: Ints) -> Ints:
    """The numbers of the sequences of one pass, [batches, B]."""
    draw = np.random.default_rng(seed)
    rows = len(lengths)
    whole, rest = divmod(rows, batch)
    order = draw.permutation(rows)
    # Those of the short batch lie beside each other in the order of lengths, anywhere in a part.
    parts = max(2, -(-whole // BUCKETED)) if whole else 1
    buckets: list[Ints] = []
    short = order[:0]
    for places in np.array_split(np.arange(whole), parts):
        take = len(places) * batch + (rest if not buckets else 0)
        some, order = order[:take], order[take:]
        some = some[np.argsort(-lengths[some], kind="stable")]
        if not buckets:
            begin = int(draw.integers(len(some) - rest + 1))
            short = some[begin : begin + rest]
            some = np.concatenate([some[:begin], some[begin + rest :]])
        buckets.append(some.reshape(-1, batch))
    batches = draw.permutation(np.concatenate(buckets))
    if not rest:
        return batches
    filled = np.full((1, batch), NOBODY, dtype=np.int64)
    filled[0, :rest] = short
    return np.concatenate([batches, filled])


class WholeSequences:
    """Sequences on a device, read from their first step to their last.

    Attributes:
        lengths: Time steps of each sequence, int64 [N].
        on_host: The same in numpy.
        begins: How many time steps all sequences before each one have, int64 [N].
    """

    def __init__(self, ragged: Ragged, device: torch.device, dtype: torch.dtype) -> None:
        """Copy sequences to a device.

        Args:
            dtype: That of the network's inputs; int64 for symbols.
        """
        silence = np.zeros_like(ragged.values[:1])
        self._values = torch.tensor(np.concatenate([ragged.values, silence]), device=device)
        """The time steps of all sequences, and after them one of zeros, which padding reads."""
        self.begins = torch.tensor(ragged.starts[:-1], device=device)
        self._dtype = dtype
        self.on_host = ragged.lengths
        self.lengths = torch.tensor(ragged.lengths, device=device)

    def longest(self, index: Ints) -> Ints:
        """Time steps of the longest sequence of each batch, [...] of an index [..., B], on the
        host."""
        return np.asarray(np.where(index == NOBODY, 0, self.on_host[index]).max(-1))

    def padded(self, numbers: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Sequences, time first, filled with zeros behind their ends.

        Args:
            numbers: Numbers of the sequences, int64 [K, B]; `NOBODY` has length 0.
            steps: Time steps to which all are cut or padded.

        Returns:
            Values [K, T, B] or [K, T, B, F], contiguous, and lengths int64 [K, B].
        """
        lengths = torch.where(numbers == NOBODY, 0, self.lengths[numbers])
        lengths = lengths.clamp(0, steps)
        time = torch.arange(steps, device=numbers.device).view(1, -1, 1)
        valid = time < lengths.unsqueeze(1)
        begins = self.begins[numbers].unsqueeze(1)
        places = torch.where(valid, begins + time, len(self._values) - 1)
        return self._values[places].to(self._dtype), lengths

    def read(self, predictor: Predictor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Run trained networks over every sequence, from the zero state.

        Sequences of like length are read together, as many as memory allows for one trial.

        Yields:
            The numbers of sequences, int64 [B]; their lengths, [1, B]; and the outputs of the head.
        """
        device = self.lengths.device
        shortest = torch.tensor([[int(np.argmin(self.on_host))]], device=device)
        inputs, lengths = self.padded(shortest, 1)
        outputs, state = predictor(inputs, None, lengths)  # to learn the widths
        width = outputs.shape[-1] + 8 * state[0].shape[-1]
        width += inputs.shape[-1] if inputs.ndim == 4 else outputs.shape[-1]
        most = GROUP_NUMBERS.get(device.type, GROUP_NUMBERS["cpu"])
        for group in by_length(self.on_host, width, most, LEAST_GROUP):
            numbers = torch.from_numpy(group).to(device)
            inputs, lengths = self.padded(numbers.unsqueeze(0), int(self.on_host[group].max()))
            if isinstance(predictor, OutputsOnly):
                outputs = predictor.outputs(inputs, lengths)
            else:
                outputs, _ = predictor(inputs, None, lengths)
            yield numbers, lengths, outputs
