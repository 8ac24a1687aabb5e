"""Sequences with a label for each time step, scaled and split into parts, without torch."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.labels.encoder import NumberEncoder, number_encoder
from rnnsearch.tasks.labels.given import given_parts
from rnnsearch.tasks.labels.source import key_of
from rnnsearch.tasks.labels.split import split
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.shuffling import batch_problem
from rnnsearch.tasks.splits import sizes_of
from rnnsearch.tasks.tags.baselines import logistic, majority
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.tags.measures import f1_names
from rnnsearch.tasks.tags.source import Tagged, read


@dataclass(eq=False)
class TagsData:
    """Scaled sequences of each part, and the labels of their time steps.

    Attributes:
        encoder: Fitted on the training part.
        classes: Names in alphabetical order; a label is a place in it.
        sequences: The scaled sequences of each part that exists.
        tags: The labels of each part, int64 [time steps of all sequences].
        digest: SHA-256 of what was read.
        reading_notes: Sentences for the person who starts the study, about what was read.
    """

    config: TagsConfig
    encoder: NumberEncoder
    classes: tuple[str, ...]
    sequences: dict[Part, Ragged]
    tags: dict[Part, Ragged]
    digest: str
    reading_notes: tuple[str, ...]

    losses: tuple[Loss, ...] = field(default=("cross_entropy",), init=False)
    quantiles: tuple[float, ...] = field(default=(), init=False)
    feedback = False
    whole_sequence = True
    symbolic = False
    input_size: int = field(init=False)
    output_size: int = field(init=False)

    def __post_init__(self) -> None:
        self.input_size, self.output_size = self.encoder.size, len(self.classes)

    @classmethod
    def read(cls, config: TagsConfig) -> TagsData:
        """Read sequences, split, and scale.

        Raises:
            DataError: They cannot be read, all time steps have the same label, or there are fewer
                sequences than parts.
        """
        source = read(config)
        classes = tuple(sorted({label for each in source.labels for label in each}))
        if len(classes) < 2:
            raise DataError(
                f"every step has the label {classes[0]!r}; there must be at least two classes.",
                "task.label",
            )
        places = {name: number for number, name in enumerate(classes)}
        parts, notes = _parts(config, source)
        encoder = number_encoder(
            [source.sequences[at] for at in parts["train"].tolist()],
            config.features,
            config.scaler,
            None,
        )
        sequences: dict[Part, Ragged] = {}
        tags: dict[Part, Ragged] = {}
        for part, some in parts.items():
            sequences[part] = Ragged.of(
                [encoder.encode(source.sequences[at]) for at in some.tolist()]
            )
            tags[part] = Ragged.of(
                [np.array([places[one] for one in source.labels[at]]) for at in some.tolist()]
            )
        shown = set(tags["train"].values.tolist())
        if absent := [name for name, number in places.items() if number not in shown]:
            notes.append(f"no step of train has the label {', '.join(absent)}: no model learns it")
        notes = [*source.notes, *notes]
        return cls(config, encoder, classes, sequences, tags, source.digest, tuple(notes))

    def seq_len(self, window: Window) -> int:
        """Time steps of the longest training sequence."""
        return window.seq_len or int(self.sequences["train"].lengths.max())

    def rows(self) -> dict[Part, int]:
        """Sequences of each part that exists."""
        return {part: len(some) for part, some in self.sequences.items()}

    def sha256(self) -> str:
        """The SHA-256 of the files."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """How many time steps the parts have, where they come from, and what cannot be learned."""
        steps = ", ".join(f"{part} {len(some.values):,}" for part, some in self.tags.items())
        return [f"labelled steps: {steps}", *self.reading_notes]

    def metrics(self) -> Sequence[Metric]:
        """Accuracy, macro-F1, F1 of each class, and mean negative log-likelihood, over all time
        steps of the validation part."""
        over = "over all steps of the val part"
        names = zip(f1_names(self.classes), self.classes, strict=False)
        return [
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

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one, and a batch is drawn without repetition."""
        if window.seq_len is not None:
            return "a training sequence is a whole one; leave training.seq_len out."
        return batch_problem(window, self.rows()["train"])

    def baselines(self) -> Sequence[Score]:
        """The most frequent class, and a logistic regression on each time step."""
        return [
            majority(self.tags, self.classes),
            logistic(self.sequences, self.tags, self.classes),
        ]

    def manifest(self) -> dict[str, Any]:
        """The classes, the columns of a table to label, and how its numbers are scaled."""
        config = self.config
        return {
            "task": "tags",
            "classes": list(self.classes),
            "columns": {"id": config.id, "time": config.time},
            "encoder": self.encoder.to_json(),
        }


def _parts(config: TagsConfig, source: Tagged) -> tuple[dict[Part, Ints], list[str]]:
    """The places of the sequences of each part, and sentences about them.

    Raises:
        DataError: There are fewer different sequences than parts.
    """
    keys: list[Hashable] = [key_of(one) for one in source.sequences]
    different, alike = len(set(keys)), np.zeros(len(keys), dtype=np.int64)
    drawn = ["train", "val"] if source.parts else list(sizes_of(config.split))
    if different < len(drawn):
        raise DataError(
            f"{config.path} holds {different} different sequences, and {', '.join(drawn)} need one "
            "each.",
            "task.id",
        )
    if source.parts:
        asked = config.as_labels()
        return given_parts(asked, source.parts, keys, alike, ("",), "drawn at random")
    return split(keys, alike, ("",), config.split, config.split_seed), []
