"""Labelled sequences, encoded and split into parts, without torch."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.labels.baselines import logistic, majority
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.labels.encoder import (
    Encoder,
    TextEncoder,
    encoder_of,
    number_encoder,
    text_encoder,
)
from rnnsearch.tasks.labels.generated import CLASSES, generate
from rnnsearch.tasks.labels.given import given_parts
from rnnsearch.tasks.labels.source import key_of, length_notes, read
from rnnsearch.tasks.labels.split import dropping_notes, split, unique_pairs
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.shuffling import batch_problem


@dataclass(eq=False)
class LabelsData:
    """Encoded sequences of each part, their labels, and how new sequences are encoded.

    Attributes:
        encoder: Fitted on the training part.
        classes: Names in alphabetical order; a label is a place in it.
        sequences: The encoded sequences of each part that exists.
        labels: Of each part, int64 [sequences].
        digest: SHA-256 of what was read.
        reading_notes: Sentences for the person who starts the study, about what was read.
    """

    config: LabelsConfig
    encoder: Encoder
    classes: tuple[str, ...]
    sequences: dict[Part, Ragged]
    labels: dict[Part, Ints]
    digest: str
    reading_notes: tuple[str, ...]

    losses: tuple[Loss, ...] = field(default=("cross_entropy",), init=False)
    quantiles: tuple[float, ...] = field(default=(), init=False)
    feedback = False
    whole_sequence = True
    input_size: int = field(init=False)
    output_size: int = field(init=False)
    symbolic: bool = field(init=False)

    def __post_init__(self) -> None:
        self.input_size = self.encoder.size
        self.output_size = len(self.classes)
        self.symbolic = self.sequences["train"].values.ndim == 1

    @classmethod
    def read(cls, config: LabelsConfig) -> LabelsData:
        """Read or make labelled sequences, drop duplicates, split, and encode.

        Raises:
            DataError: They cannot be read, all have the same class, or a class has too few of them.
        """
        return _generated(config) if config.generated.rule != "none" else _read(config)

    @classmethod
    def stand_in(cls, config: LabelsConfig) -> LabelsData:
        """The same task on a few made sequences, whose metrics have the same names."""
        if config.features or config.generated.rule != "none":
            made = GeneratedConfig(rule="sign_of_last", count=20, held_out=10)
            return cls.read(LabelsConfig(generated=made))
        encoder = text_encoder(["ab"], config.normalize, None)
        parts: tuple[Part, ...] = ("train", "val", "test")
        sequences = {part: Ragged.of([encoder.encode(text) for text in "ab"]) for part in parts}
        labels = {part: np.arange(2) for part in parts}
        return cls(config, encoder, ("a", "b"), sequences, labels, "", ())

    def seq_len(self, window: Window) -> int:
        """Time steps of the longest training sequence."""
        return window.seq_len or int(self.sequences["train"].lengths.max())

    def shown(self, part: Part, number: int) -> str:
        """A sequence as a person reads it: its text, or of numbers its place in the part."""
        if isinstance(self.encoder, TextEncoder):
            return self.encoder.decode(self.sequences[part][number].tolist())
        return f"sequence {number} of {part}"

    def rows(self) -> dict[Part, int]:
        """Sequences of each part that exists."""
        return {part: len(labels) for part, labels in self.labels.items()}

    def sha256(self) -> str:
        """The SHA-256 of the files, or of the generated numbers."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """What was dropped or cut in reading, what cannot be learned, and uneven classes."""
        return [*self.reading_notes, *_class_notes(self)]

    def metrics(self) -> Sequence[Metric]:
        """Accuracy, macro-F1, and mean negative log-likelihood over the validation part."""
        over = "over the whole val part"
        return [
            Metric("val_accuracy", "share", "maximize", f"sequences labelled right {over}"),
            Metric("val_macro_f1", "share", "maximize", f"mean F1 of the classes {over}"),
            Metric(
                "val_nats",
                "nats/sequence",
                "minimize",
                f"mean negative log-likelihood of the true class {over}",
                loss=True,
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
        """The most frequent class, and a logistic regression."""
        return [
            majority(self.labels, self.classes),
            logistic(self.sequences, self.labels, self.classes),
        ]

    def manifest(self) -> dict[str, Any]:
        """The classes, the columns of a table to label, and how a sequence is encoded."""
        config = self.config
        # Texts of a folder and generated numbers come without columns, but a table to label has
        # some.
        columns = {
            "id": config.id or "sequence",
            "time": config.time,
            "text": config.text or "text",
        }
        return {
            "task": "labels",
            "classes": list(self.classes),
            "columns": columns,
            **self.encoder.to_json(),
        }


def _read(config: LabelsConfig) -> LabelsData:
    """Labelled sequences of a folder or a table; see `LabelsData.read`."""
    source = read(config)
    classes = tuple(sorted(set(source.labels)))
    if len(classes) < 2:
        raise DataError(
            f"every sequence has the label {classes[0]!r}; there must be at least two classes."
        )
    places = {name: number for number, name in enumerate(classes)}
    labels = np.array([places[label] for label in source.labels], dtype=np.int64)
    sequences: Sequence[Any] = source.sequences
    keys: list[Hashable] = [key_of(sequence) for sequence in sequences]
    notes = list(source.notes)
    if source.parts:
        parts, more = given_parts(
            config, source.parts, keys, labels, classes, "drawn at random from each class"
        )
        notes += more
    else:
        kept = unique_pairs(keys, labels.tolist())
        drawn = [keys[at] for at in kept.tolist()]
        shares = split(drawn, labels[kept], classes, config.split, config.split_seed)
        parts = {part: kept[places] for part, places in shares.items()}
        notes += dropping_notes(len(sequences), len(kept), "label")
        notes += _ambiguous_notes(len(kept), len(set(drawn)))
    by_part = {part: [sequences[at] for at in places.tolist()] for part, places in parts.items()}
    encoder = encoder_of(config, by_part["train"])
    notes += length_notes(config, sequences)
    return LabelsData(
        config,
        encoder,
        classes,
        {part: Ragged.of([encoder.encode(one) for one in some]) for part, some in by_part.items()},
        {part: labels[places] for part, places in parts.items()},
        source.digest,
        tuple(notes),
    )


def _ambiguous_notes(kept: int, different: int) -> list[str]:
    """A sentence on sequences that have several labels, where there are some.

    Args:
        kept: How many different pairs of a sequence and its label there are.
        different: How many different sequences.
    """
    several = kept - different
    if not several:
        return []
    return [
        f"{several:,} sequences stand under a second or third label too, in the same part: no "
        f"model can label more than {1 - several / kept:.1%} right"
    ]


def _generated(config: LabelsConfig) -> LabelsData:
    """Labelled sequences that are made; see `generated.generate`."""
    made = generate(config.generated)
    names = tuple(f"x{number}" for number in range(1, config.generated.num_features + 1))
    encoder = number_encoder(list(made["train"][0]), names, config.scaler, config.max_length)
    digest = sha256()
    for values, labels in made.values():
        digest.update(values.astype("<f8").tobytes() + labels.astype("<i8").tobytes())
    notes = []
    if config.generated.rule == "random":
        notes.append(
            "labels are drawn without regard to the sequences: nothing can be learned, and no "
            "model beats an accuracy of 0.5 on held-out data but by chance"
        )
    return LabelsData(
        config,
        encoder,
        CLASSES[config.generated.rule],
        {
            part: Ragged.of([encoder.encode(one) for one in values])
            for part, (values, _) in made.items()
        },
        {part: labels for part, (_, labels) in made.items()},
        digest.hexdigest(),
        tuple(notes),
    )


def _class_notes(data: LabelsData) -> list[str]:
    """A note where the commonest class has ten times as many training sequences as the rarest."""
    counts = np.bincount(data.labels["train"], minlength=len(data.classes))
    rare, common = int(counts.argmin()), int(counts.argmax())
    if counts[common] < 10 * counts[rare]:
        return []
    return [
        f"the classes are uneven, {data.classes[common]} {counts[common]:,} to "
        f"{data.classes[rare]} {counts[rare]:,} in training: macro-F1 says what accuracy hides"
    ]
