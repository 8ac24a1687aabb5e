"""Labelled sequences, encoded and split; no torch."""

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
from rnnsearch.tasks.labels.encoder import Encoder, TextEncoder, number_encoder, text_encoder
from rnnsearch.tasks.labels.generated import CLASSES, generate
from rnnsearch.tasks.labels.source import read
from rnnsearch.tasks.labels.split import split, unique_pairs
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.shuffling import batch_problem


@dataclass(eq=False)
class LabelsData:
    """Encoded sequences of each part, their labels, and how new sequences are encoded.

    Attributes:
        encoder: Learned on the training part.
        classes: Names in alphabetical order; a label is the place in it.
        sequences: Of each part that exists.
        labels: int64 [sequences] of each part.
        digest: SHA-256 of what was read.
        told: Notes from reading.
    """

    config: LabelsConfig
    encoder: Encoder
    classes: tuple[str, ...]
    sequences: dict[Part, Ragged]
    labels: dict[Part, Ints]
    digest: str
    told: tuple[str, ...]

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
            DataError: They cannot be read, have one class alone, or too few sequences of one.
        """
        return _generated(config) if config.generated.rule != "none" else _read(config)

    @classmethod
    def stand_in(cls, config: LabelsConfig) -> LabelsData:
        """The same task on a few made sequences: its metrics have the same names."""
        if config.features or config.generated.rule != "none":
            made = GeneratedConfig(rule="sign_of_last", count=20, held_out=10)
            return cls.read(LabelsConfig(generated=made))
        encoder = text_encoder(["ab"], config.normalize, None)
        parts: tuple[Part, ...] = ("train", "val", "test")
        sequences = {part: Ragged.of([encoder.encode(text) for text in "ab"]) for part in parts}
        labels = {part: np.arange(2) for part in parts}
        return cls(config, encoder, ("a", "b"), sequences, labels, "", ())

    def seq_len(self, window: Window) -> int:
        """Steps of the longest training sequence."""
        return window.seq_len or int(self.sequences["train"].lengths.max())

    def shown(self, part: Part, number: int) -> str:
        """A sequence for people to read: a text, or which of the part it is."""
        if isinstance(self.encoder, TextEncoder):
            return self.encoder.decode(self.sequences[part][number].tolist())
        return f"sequence {number} of {part}"

    def rows(self) -> dict[Part, int]:
        """Sequences of each part that exists."""
        return {part: len(labels) for part, labels in self.labels.items()}

    def sha256(self) -> str:
        """Hash of the files, or of the generated numbers."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """What was dropped or cut, what training never shows, and where nothing can be learned."""
        return [*self.told, *_class_notes(self)]

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
        """The classes, and how a sequence is encoded."""
        config = self.config
        # A folder's texts and generated numbers have no columns; a table of new ones needs some.
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
    source = read(config)
    classes = tuple(sorted(set(source.labels)))
    if len(classes) < 2:
        raise DataError(
            f"every sequence has the label {classes[0]!r}; there must be at least two classes."
        )
    places = {name: number for number, name in enumerate(classes)}
    labels = np.array([places[label] for label in source.labels], dtype=np.int64)
    sequences: Sequence[Any] = source.sequences
    keys: list[Hashable] = [_key(sequence) for sequence in sequences]
    kept = unique_pairs(keys, labels.tolist())
    keys = [keys[at] for at in kept.tolist()]
    labels = labels[kept]
    parts = split(keys, labels, classes, config.split, config.split_seed)
    by_part = {
        part: [sequences[kept[at]] for at in places.tolist()] for part, places in parts.items()
    }
    encoder: Encoder
    if isinstance(sequences[0], str):
        encoder = text_encoder(by_part["train"], config.normalize, config.max_length)
    else:
        encoder = number_encoder(
            by_part["train"], config.features, config.scaler, config.max_length
        )
    told = [*source.notes, *_told(config, sequences, keys, len(kept))]
    return LabelsData(
        config,
        encoder,
        classes,
        {part: Ragged.of([encoder.encode(one) for one in some]) for part, some in by_part.items()},
        {part: labels[places] for part, places in parts.items()},
        source.digest,
        tuple(told),
    )


def _key(sequence: Any) -> Hashable:
    """Equal where sequences are."""
    if isinstance(sequence, str):
        return sequence
    return sequence.shape, (sequence + 0.0).tobytes()  # -0.0 is 0.0


def _told(
    config: LabelsConfig, sequences: Sequence[Any], keys: Sequence[Hashable], kept: int
) -> list[str]:
    notes = []
    if kept < len(sequences):
        notes.append(
            f"{len(sequences) - kept:,} of {len(sequences):,} sequences repeat an earlier one "
            "with its label; they were dropped before the split"
        )
    several = kept - len(set(keys))
    if several:
        notes.append(
            f"{several:,} sequences stand under a second or third label too, in the same part: "
            f"no model can label more than {1 - several / kept:.1%} right"
        )
    longer = config.max_length and sum(len(one) > config.max_length for one in sequences)
    if longer:
        notes.append(
            f"{longer:,} sequences are longer than max_length, {config.max_length}, and lose "
            "their beginning"
        )
    return notes


def _generated(config: LabelsConfig) -> LabelsData:
    made = generate(config.generated)
    names = tuple(f"x{number}" for number in range(1, config.generated.num_features + 1))
    encoder = number_encoder(list(made["train"][0]), names, config.scaler, config.max_length)
    digest = sha256()
    for values, labels in made.values():
        digest.update(values.astype("<f8").tobytes() + labels.astype("<i8").tobytes())
    told = []
    if config.generated.rule == "random":
        told.append(
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
        tuple(told),
    )


def _class_notes(data: LabelsData) -> list[str]:
    counts = np.bincount(data.labels["train"], minlength=len(data.classes))
    rare, common = int(counts.argmin()), int(counts.argmax())
    if counts[common] < 10 * counts[rare]:
        return []
    return [
        f"the classes are uneven, {data.classes[common]} {counts[common]:,} to "
        f"{data.classes[rare]} {counts[rare]:,} in training: macro-F1 says what accuracy hides"
    ]
