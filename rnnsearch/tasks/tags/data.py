"""Sequences with a label for each time step, scaled and split into parts, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score
from rnnsearch.tasks.custom_metrics import custom_metrics
from rnnsearch.tasks.portrait import Portrait, counted
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.config import WRITTEN, written_keys
from rnnsearch.tasks.sequences.data import SequencesData, encoded
from rnnsearch.tasks.sequences.encoder import encoder_of
from rnnsearch.tasks.sequences.parts import parts_without_classes
from rnnsearch.tasks.sequences.source import Source, read, read_step_rows
from rnnsearch.tasks.sequences.weights import weight_of_each_row
from rnnsearch.tasks.tags.baselines import logistic, majority
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.tags.measures import f1_names


@dataclass(eq=False, kw_only=True)
class TagsData(SequencesData):
    """Scaled sequences of each part, and the labels of their time steps.

    Attributes:
        classes: Names in alphabetical order; a label is a place in it.
        tags: The labels of each part, int64 [time steps of all sequences].
    """

    config: TagsConfig
    classes: tuple[str, ...]
    tags: dict[Part, Ragged]

    losses: tuple[Loss, ...] = field(default=("cross_entropy",), init=False)
    output_size: int = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.output_size = len(self.classes)

    @classmethod
    def read(cls, config: TagsConfig) -> TagsData:
        """Read sequences, split, and scale.

        Raises:
            DataError: They cannot be read, all time steps have the same label, or there are fewer
                sequences than parts.
        """
        source = read(config, partial(_read, config))
        classes = tuple(sorted({label for each in source.answers for label in each}))
        if len(classes) < 2:
            raise DataError(
                f"every step has the label {classes[0]!r}; there must be at least two classes.",
                "task.label",
            )
        places = {name: number for number, name in enumerate(classes)}
        divided = parts_without_classes(config, source, None, "label")
        parts, notes = divided.parts, divided.notes
        sequences: Sequence[Any] = source.sequences
        encoder = encoder_of(config, [sequences[at] for at in parts["train"].tolist()])
        labels = [np.array([places[one] for one in each]) for each in source.answers]
        tags = {part: Ragged.of([labels[at] for at in some]) for part, some in parts.items()}
        shown = set(tags["train"].values.tolist())
        if absent := [name for name, number in places.items() if number not in shown]:
            notes.append(f"no step of train has the label {', '.join(absent)}: no model learns it")
        return cls(
            config=config,
            encoder=encoder,
            sequences=encoded(encoder, sequences, parts),
            digest=source.digest,
            reading_notes=(*source.notes, *notes),
            fold_numbers=divided.folds,
            weights=weight_of_each_row(config, source, parts["train"]),
            classes=classes,
            tags=tags,
        )

    def notes(self) -> Sequence[str]:
        """How many time steps the parts have, where they come from, and what cannot be learned."""
        steps = ", ".join(f"{part} {len(some.values):,}" for part, some in self.tags.items())
        return [f"labelled steps: {steps}", *self.reading_notes]

    def metrics(self) -> Sequence[Metric]:
        """Accuracy, macro-F1, F1 of each class, and mean negative log-likelihood, over all time
        steps of the validation part."""
        over = self.over("all steps of")
        names = zip(f1_names(self.classes), self.classes, strict=False)
        own = [
            Metric("val_accuracy", "share", "maximize", f"steps labelled right {over}"),
            Metric("val_macro_f1", "share", "maximize", f"mean F1 of the classes {over}"),
            *(
                Metric(f"val_{name}", "share", "maximize", f"F1 of {label!r} {over}")
                for name, label in names
            ),
            Metric(
                "val_nats",
                "nats/step",
                "minimize",
                f"mean negative log-likelihood of the true class {over}",
                loss=True,
            ),
        ]
        return [*own, *custom_metrics(self.config.metrics, own, over)]

    def class_counts(self) -> Sequence[int]:
        """See `class_measures.Classes`."""
        tags = self.tags["train"].values
        counts: list[int] = np.bincount(tags, minlength=len(self.classes)).tolist()
        return counts

    def portrait(self) -> Portrait:
        """How often each class is in each part, beside the lengths of the sequences."""
        tags = {part: some.values for part, some in self.tags.items()}
        return replace(super().portrait(), classes=counted(self.classes, tags))

    def take(self, whole: TagsData, numbers: Mapping[Part, Ints]) -> None:
        """See `SequencesData.take`."""
        self.tags = {part: whole.tags["train"].some(some) for part, some in numbers.items()}

    def rivals(self) -> Sequence[Score]:
        """The most frequent class, and a logistic regression on each time step."""
        return [
            majority(self.tags, self.classes, self.config.metrics),
            logistic(self.sequences, self.tags, self.classes, self.config.metrics),
        ]

    def manifest(self) -> dict[str, Any]:
        """The classes, the columns of a table to label, and how its numbers are scaled."""
        config = self.config
        return {
            "task": "tags",
            "classes": list(self.classes),
            "columns": {"id": config.id, "time": config.time},
            WRITTEN: written_keys(config),
            "encoder": self.encoder.to_json(),
        }


def _read(config: TagsConfig, path: Path) -> Source[tuple[str, ...]]:
    return read_step_rows(config, path, config.label, lambda rows: tuple(rows.cells))
