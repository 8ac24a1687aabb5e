"""Sequences with a number each, encoded and split into parts, without torch."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.encoder import Encoder, encoder_of, text_encoder
from rnnsearch.tasks.labels.given import given_parts
from rnnsearch.tasks.labels.source import Labelled, key_of, length_notes, read
from rnnsearch.tasks.labels.split import dropping_notes, split, unique_pairs
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.shuffling import batch_problem
from rnnsearch.tasks.splits import sizes_of
from rnnsearch.tasks.value.baselines import mean, ridge
from rnnsearch.tasks.value.config import ValueConfig


@dataclass(eq=False)
class ValueData:
    """Encoded sequences of each part, their numbers, and how new sequences are encoded.

    Attributes:
        encoder: Fitted on the training part.
        sequences: The encoded sequences of each part that exists.
        values: The number of each sequence of a part in the data's units, float64 [sequences].
        digest: SHA-256 of what was read.
        reading_notes: Sentences for the person who starts the study, about what was read.
        answer: What scales the numbers for a network, fitted on the training part.
    """

    config: ValueConfig
    encoder: Encoder
    sequences: dict[Part, Ragged]
    values: dict[Part, Floats]
    digest: str
    reading_notes: tuple[str, ...]

    losses: tuple[Loss, ...] = field(default=("mse", "huber", "l1"), init=False)
    quantiles: tuple[float, ...] = field(default=(), init=False)
    feedback = False
    whole_sequence = True
    output_size = 1
    input_size: int = field(init=False)
    symbolic: bool = field(init=False)
    answer: Scaler = field(init=False)

    def __post_init__(self) -> None:
        self.input_size = self.encoder.size
        self.symbolic = self.sequences["train"].values.ndim == 1
        self.answer = Scaler.fit(self.values["train"][:, None], "standard")

    @classmethod
    def read(cls, config: ValueConfig) -> ValueData:
        """Read sequences, drop duplicates, split, and encode.

        Raises:
            DataError: They cannot be read, a value is no number, all are the same, or there are too
                few for the parts.
        """
        asked = config.as_labels()
        source = read(asked)
        values = _numbers(config, source)
        keys: list[Hashable] = [key_of(sequence) for sequence in source.sequences]
        parts, notes = _parts(asked, source, values, keys)
        if len(set(values[parts["train"]].tolist())) < 2:
            raise DataError(
                f"the column {config.target!r} is {values[parts['train'][0]]:g} in the whole "
                "training part; a constant has nothing to learn.",
                "task.target",
            )
        some: dict[Part, list[Any]] = {
            part: [source.sequences[at] for at in places.tolist()] for part, places in parts.items()
        }
        encoder = encoder_of(asked, some["train"])
        notes = [*source.notes, *notes, *length_notes(asked, source.sequences)]
        return cls(
            config,
            encoder,
            {part: Ragged.of([encoder.encode(one) for one in each]) for part, each in some.items()},
            {part: values[places] for part, places in parts.items()},
            source.digest,
            tuple(notes),
        )

    @classmethod
    def stand_in(cls, config: ValueConfig) -> ValueData:
        """The same task on two made texts, whose metrics have the same names."""
        encoder = text_encoder(["ab"], config.normalize, None)
        parts: tuple[Part, ...] = ("train", "val", "test")
        sequences = {part: Ragged.of([encoder.encode(text) for text in "ab"]) for part in parts}
        values = {part: np.array([0.0, 1.0]) for part in parts}
        return cls(config, encoder, sequences, values, "", ())

    def seq_len(self, window: Window) -> int:
        """Time steps of the longest training sequence."""
        return window.seq_len or int(self.sequences["train"].lengths.max())

    def rows(self) -> dict[Part, int]:
        """Sequences of each part that exists."""
        return {part: len(values) for part, values in self.values.items()}

    def sha256(self) -> str:
        """The SHA-256 of the files."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """What was dropped or cut in reading, and where parts come from."""
        return self.reading_notes

    def metrics(self) -> Sequence[Metric]:
        """Mean absolute error, and the root of the mean squared error, over the validation part."""
        over, unit = "over the whole val part", self.config.target
        return [
            Metric("val_mae", unit, "minimize", f"mean absolute error {over}"),
            Metric(
                "val_rmse", unit, "minimize", f"root of the mean squared error {over}", loss=True
            ),
        ]

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one, and a batch is drawn without repetition."""
        if window.seq_len is not None:
            return (
                "a training sequence is a whole one, whatever its length; leave training.seq_len "
                "out (task.max_length cuts long ones)."
            )
        return batch_problem(window, self.rows()["train"])

    def baselines(self) -> Sequence[Score]:
        """The mean of the training part, and a ridge regression."""
        return [mean(self.values), ridge(self.sequences, self.values)]

    def manifest(self) -> dict[str, Any]:
        """The columns of a table to read, how a sequence is encoded, and the answer's scale."""
        config = self.config
        columns = {"id": config.id, "time": config.time, "text": config.text}
        return {
            "task": "value",
            "target": config.target,
            "columns": columns,
            "answer": self.answer.to_json(),
            "encoder": self.encoder.to_json(),
        }


def _numbers(config: ValueConfig, source: Labelled) -> Floats:
    """The number of each sequence.

    Raises:
        DataError: One is no finite number; its place is named.
    """
    values = np.empty(len(source.labels))
    for at, cell in enumerate(source.labels):
        try:
            values[at] = float(cell)
        except ValueError as error:
            raise DataError(
                f"{source.place(at)}: {cell!r} is no number. Name the column of the numbers in "
                "task.target, or learn classes with `type: labels`.",
                "task.target",
            ) from error
        if not np.isfinite(values[at]):
            raise DataError(f"{source.place(at)}: {cell!r} is not finite.", "task.target")
    return values


def _parts(
    config: LabelsConfig, source: Labelled, values: Floats, keys: Sequence[Hashable]
) -> tuple[dict[Part, Ints], list[str]]:
    """The places of the sequences of each part, and sentences about them.

    Raises:
        DataError: There are fewer different sequences than parts.
    """
    different, alike = len(set(keys)), np.zeros(len(values), dtype=np.int64)
    drawn = ["train", "val"] if source.parts else list(sizes_of(config.split))
    if different < len(drawn):
        raise DataError(
            f"{config.path} holds {different} different sequences, and {', '.join(drawn)} need one "
            "each."
        )
    if source.parts:
        return given_parts(config, source.parts, keys, alike, ("",), "drawn at random")
    kept = unique_pairs(keys, np.unique(values, return_inverse=True)[1].tolist())
    own = [keys[at] for at in kept.tolist()]
    places = split(own, alike[kept], ("",), config.split, config.split_seed)
    notes = dropping_notes(len(keys), len(kept), "value")
    if several := len(kept) - len(set(own)):
        notes.append(f"{several:,} sequences stand with a second value too, in the same part")
    return {part: kept[some] for part, some in places.items()}, notes
