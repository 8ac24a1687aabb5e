"""Labelled sequences, encoded and split into parts, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from math import sqrt
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score
from rnnsearch.tasks.custom_metrics import custom_metrics
from rnnsearch.tasks.labels.baselines import logistic, majority
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.labels.generated import CLASSES, generate
from rnnsearch.tasks.labels.source import read_labelled
from rnnsearch.tasks.portrait import Portrait, counted
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.config import WRITTEN, written_keys
from rnnsearch.tasks.sequences.data import SequencesData, encoded, two_texts
from rnnsearch.tasks.sequences.encoder import TextEncoder, encoder_of, number_encoder
from rnnsearch.tasks.sequences.parts import parts_of
from rnnsearch.tasks.sequences.source import length_notes, read
from rnnsearch.tasks.sequences.weights import one_weight_each

FEW = 96
"""Validation sequences on which chance moves an accuracy of a half by a tenth (95 %)."""


@dataclass(eq=False, kw_only=True)
class LabelsData(SequencesData):
    """Encoded sequences of each part, their labels, and how new sequences are encoded.

    Attributes:
        classes: Names in alphabetical order; a label is a place in it.
        labels: Of each part, int64 [sequences].
    """

    config: LabelsConfig
    classes: tuple[str, ...]
    labels: dict[Part, Ints]

    losses: tuple[Loss, ...] = field(default=("cross_entropy",), init=False)
    output_size: int = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.output_size = len(self.classes)

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
        encoder, sequences = two_texts(config)
        return cls(
            config=config,
            encoder=encoder,
            sequences=sequences,
            classes=("a", "b"),
            labels={part: np.arange(2) for part in sequences},
        )

    def shown(self, part: Part, number: int) -> str:
        """A sequence as a person reads it: its text, or of numbers its place in the part."""
        if isinstance(self.encoder, TextEncoder):
            return self.encoder.decode(self.sequences[part][number].tolist())
        return f"sequence {number} of {part}"

    def notes(self) -> Sequence[str]:
        """What was dropped or cut in reading, what cannot be learned, uneven classes, and a
        validation part that is too small to tell trials apart."""
        return [*self.reading_notes, *_class_notes(self), *_few_notes(self)]

    def metrics(self) -> Sequence[Metric]:
        """Accuracy, macro-F1, and mean negative log-likelihood over the validation part."""
        over = self.over()
        own = [
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
        return [*own, *custom_metrics(self.config.metrics, own, over)]

    def class_counts(self) -> Sequence[int]:
        """See `class_measures.Classes`."""
        counts: list[int] = np.bincount(self.labels["train"], minlength=len(self.classes)).tolist()
        return counts

    def portrait(self) -> Portrait:
        """How often each class is in each part, beside the lengths of the sequences."""
        return replace(super().portrait(), classes=counted(self.classes, self.labels))

    def take(self, whole: LabelsData, numbers: Mapping[Part, Ints]) -> None:
        """See `SequencesData.take`."""
        self.labels = {part: whole.labels["train"][some] for part, some in numbers.items()}

    def rivals(self) -> Sequence[Score]:
        """The most frequent class, and a logistic regression."""
        return [
            majority(self.labels, self.classes, self.config.metrics),
            logistic(self.sequences, self.labels, self.classes, self.config.metrics),
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
            WRITTEN: written_keys(config),
            **self.encoder.to_json(),
        }


def _read(config: LabelsConfig) -> LabelsData:
    """Labelled sequences of a folder or a table; see `LabelsData.read`."""
    source = read(config, partial(read_labelled, config))
    classes = tuple(sorted(set(source.answers)))
    if len(classes) < 2:
        raise DataError(
            f"every sequence has the label {classes[0]!r}; there must be at least two classes."
        )
    places = {name: number for number, name in enumerate(classes)}
    labels = np.array([places[label] for label in source.answers], dtype=np.int64)
    divided = parts_of(config, source, labels, classes, labels, "label")
    parts = divided.parts
    ambiguous = _ambiguous_notes(sum(map(len, parts.values())), divided.several)
    sequences: Sequence[Any] = source.sequences
    encoder = encoder_of(config, [sequences[at] for at in parts["train"].tolist()])
    return LabelsData(
        config=config,
        encoder=encoder,
        sequences=encoded(encoder, sequences, parts),
        digest=source.digest,
        reading_notes=(
            *(*source.notes, *divided.notes, *ambiguous),
            *length_notes(config, sequences),
        ),
        fold_numbers=divided.folds,
        weights=one_weight_each(config, source, parts["train"]),
        classes=classes,
        labels={part: labels[some] for part, some in parts.items()},
    )


def _ambiguous_notes(kept: int, several: int) -> list[str]:
    """A sentence on sequences that have several labels, where there are some.

    Args:
        kept: How many different pairs of a sequence and its label there are.
        several: How many of these are of a sequence that has another label too.
    """
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
        config=config,
        encoder=encoder,
        sequences={
            part: Ragged.of([encoder.encode(one) for one in values])
            for part, (values, _) in made.items()
        },
        digest=digest.hexdigest(),
        reading_notes=tuple(notes),
        classes=CLASSES[config.generated.rule],
        labels={part: labels for part, (_, labels) in made.items()},
    )


def _few_notes(data: LabelsData) -> list[str]:
    """A note where chance moves an accuracy on the validation part by more than a tenth."""
    rows = data.rows().get("val", FEW)
    if rows >= FEW:
        return []
    return [
        f"the validation part holds {rows} sequences, on which chance alone moves an accuracy by "
        f"up to {0.98 / sqrt(rows):.2f} (95 %): task.validation: {{folds: 5}} validates on the "
        "training part too, fold by fold"
    ]


def _class_notes(data: LabelsData) -> list[str]:
    """A note where the commonest class has ten times as many training sequences as the rarest."""
    counts = np.bincount(data.labels["train"], minlength=len(data.classes))
    rare, common = int(counts.argmin()), int(counts.argmax())
    if counts[common] < 10 * counts[rare]:
        return []
    return [
        f"the classes are uneven, {data.classes[common]} {counts[common]:,} to "
        f"{data.classes[rare]} {counts[rare]:,} in training: macro-F1 says what accuracy hides, "
        "and training.class_weights: balanced weighs them alike"
    ]
