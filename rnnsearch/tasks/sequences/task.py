"""A task of whole sequences on a device: its batches, whatever the answers are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.figures.mistakes import Mistake
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part, Window
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.data import SequencesData
from rnnsearch.tasks.sequences.encoder import TextEncoder
from rnnsearch.tasks.whole import WholeSequences, bucketed_passes

C = TypeVar("C", bound=SequencesConfig)
D = TypeVar("D", bound=SequencesData)


class SequencesTask(Generic[C, D]):
    """Reads whole sequences.

    A batch holds whole sequences of like length, drawn anew for each pass; see `bucketed_passes`.

    Attributes:
        device: It holds inputs and answers.
        inputs: The sequences of each part.
    """

    natural_epoch = True

    def __init__(self, config: C, data: D, device: torch.device, dtype: torch.dtype) -> None:
        self.config = config
        self.data = data
        self.device = device
        self._dtype = dtype
        self.read = torch.int64 if data.symbolic else dtype
        self.inputs = {
            part: WholeSequences(some, device, self.read) for part, some in data.sequences.items()
        }

    @property
    def shown(self) -> Part | None:
        """The part on which a trained model is shown: the validation part, else that of the test,
        which a model in folds has not seen."""
        parts: tuple[Part, ...] = ("val", "test")
        return next((part for part in parts if part in self.inputs), None)

    def named(self, part: Part) -> dict[str, NDArray[Any]]:
        """The name of a part that a picture shows, where it is not the validation part, to stand
        among its arrays."""
        return {} if part == "val" else {"part": np.array(part)}

    def mistake(
        self,
        part: Part,
        number: int,
        names: tuple[str, str],
        chance: float,
        step: int | None = None,
    ) -> Mistake:
        """A sequence that got a wrong class, for a picture.

        Args:
            number: Of the sequence in its part.
            names: Of its class, and of the class that it got.
            chance: How likely the model held that class.
            step: The time step that got it; None of a whole sequence.
        """
        truth, guess = names
        encoder, sequence = self.data.encoder, self.data.sequences[part][number]
        if isinstance(encoder, TextEncoder):
            what, curve = encoder.decode(sequence.tolist()), None
        else:
            what, curve = f"sequence {number} of {part}", encoder.scaler.undo(sequence)
        return Mistake(truth=truth, guess=guess, chance=chance, what=what, curve=curve, step=step)

    @property
    def features(self) -> Sequence[str]:
        """The names of the numbers at a time step; none of a text."""
        encoder = self.data.encoder
        return () if isinstance(encoder, TextEncoder) else encoder.features

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """Numbers of training sequences, or `NOBODY` in an empty place; [training steps, B]."""
        return bucketed_passes(seed, epoch, window, self.inputs["train"].on_host)

    def longest(self, index: Ints) -> Ints:
        """See `UnequalTask.longest`."""
        return self.inputs["train"].longest(index)

    @cached_property
    def _weights(self) -> Tensor | None:
        if self.data.weights is None:
            return None
        return torch.tensor(self.data.weights, dtype=self._dtype, device=self.device)

    def weights(self, index: Tensor) -> Tensor | None:
        """The weights of training sequences that have one each, [K, 1, B]; None for ones."""
        return None if self._weights is None else self._weights[index].unsqueeze(1)

    def padded(self, index: Tensor, window: Window) -> tuple[Tensor, Tensor]:
        """Whole training sequences [K, T, B, ...] and their lengths [K, B]."""
        return self.inputs["train"].padded(index, self.data.seq_len(window))
