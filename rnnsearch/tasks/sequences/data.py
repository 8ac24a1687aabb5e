"""The data of a task of whole sequences, without torch: what it is whatever the answers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Window
from rnnsearch.tasks.folds import InFolds
from rnnsearch.tasks.portrait import Portrait
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.config import TextsConfig
from rnnsearch.tasks.sequences.encoder import Encoder, text_encoder
from rnnsearch.tasks.sequences.parts import Places
from rnnsearch.tasks.shuffling import batch_problem

PARTS: tuple[Part, ...] = ("train", "val", "test")


@dataclass(eq=False, kw_only=True)
class SequencesData(InFolds):
    """Encoded sequences of each part, and how new sequences are encoded.

    Attributes:
        encoder: Fitted on the training part.
        sequences: The encoded sequences of each part that exists.
        digest: SHA-256 of what was read.
        reading_notes: Sentences for the person who starts the study, about what was read.
        weights: What the loss of each answer of the training part is multiplied with, their mean
            1: one for each sequence, or each time step; None for ones.
        fold_numbers: The numbers of the training sequences of each fold; empty without folds.
    """

    encoder: Encoder
    sequences: dict[Part, Ragged]
    digest: str = ""
    reading_notes: tuple[str, ...] = ()
    weights: Floats | None = None
    fold_numbers: tuple[Ints, ...] = ()

    quantiles: tuple[float, ...] = field(default=(), init=False)
    feedback = False
    whole_sequence = True
    input_size: int = field(init=False)
    symbolic: bool = field(init=False)

    def __post_init__(self) -> None:
        self.input_size = self.encoder.size
        self.symbolic = self.sequences["train"].values.ndim == 1

    def seq_len(self, window: Window) -> int:
        """Time steps of the longest training sequence."""
        return window.seq_len or int(self.sequences["train"].lengths.max())

    def rows(self) -> dict[Part, int]:
        """Sequences of each part that exists."""
        return {part: len(some) for part, some in self.sequences.items()}

    def portrait(self) -> Portrait:
        """How long the sequences of each part are."""
        lengths = {part: some.lengths for part, some in self.sequences.items()}
        return Portrait(numbers={"time steps of a sequence": lengths})

    def sha256(self) -> str:
        """The SHA-256 of what was read."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """What was dropped or cut in reading, and where parts come from."""
        return self.reading_notes

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one, and a batch is drawn without repetition."""
        if window.seq_len is not None:
            return (
                "a training sequence is a whole one, whatever its length; leave training.seq_len "
                "out (task.max_length cuts long ones)."
            )
        return batch_problem(window, self.rows()["train"] - self.largest_fold)

    def over(self, what: str = "") -> str:
        """Over what metrics of the validation part are, for their descriptions.

        Args:
            what: Beside all of it, as `all steps of`.
        """
        if self.folds:
            return f"over {what or 'the whole of'} a fold, the mean of {self.folds} folds"
        return f"over {what or 'the whole'} {'the ' if what else ''}val part"

    def parted(self, numbers: Mapping[Part, Ints]) -> Self:
        """See `InFolds.parted`."""
        whole = self.sequences["train"]
        parts = {part: whole.some(some) for part, some in numbers.items()}
        data = replace(self, sequences=parts, weights=None, fold_numbers=(), reading_notes=())
        data.take(self, numbers)
        return data

    def take(self, whole: Self, numbers: Mapping[Part, Ints]) -> None:
        """Take over the answers of some training sequences of other data, for the parts of this."""
        raise NotImplementedError


def encoded(encoder: Encoder, sequences: Sequence[Any], parts: Places) -> dict[Part, Ragged]:
    """The encoded sequences of each part."""
    return {
        part: Ragged.of([encoder.encode(sequences[at]) for at in places.tolist()])
        for part, places in parts.items()
    }


def two_texts(config: TextsConfig) -> tuple[Encoder, dict[Part, Ragged]]:
    """An encoder and two texts in each part, for data that stands in for what was not read."""
    encoder = text_encoder(["ab"], config.normalize, None)
    return encoder, {part: Ragged.of([encoder.encode(text) for text in "ab"]) for part in PARTS}
