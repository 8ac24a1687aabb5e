"""Sequences of binary vectors in the parts into which their file splits them, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from rnnsearch.tasks.answers import Answers, kept
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.custom_metrics import custom_metrics
from rnnsearch.tasks.events.baselines import logistic, marginal
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.source import read_parts
from rnnsearch.tasks.files.opened import FROM_SPACE, read_data
from rnnsearch.tasks.folds import InFolds, cut_in_folds
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.shuffling import batch_problem
from rnnsearch.tasks.streams import derive


@dataclass(eq=False)
class EventsData(InFolds):
    """The sequences of each part of a file.

    Attributes:
        sequences: Of each part, uint8 [time steps of all sequences, events].
        digest: SHA-256 of the file.
        fold_notes: Sentences about the folds.
    """

    config: EventsConfig
    sequences: dict[Part, Ragged]
    digest: str
    fold_numbers: tuple[Ints, ...] = ()
    fold_notes: tuple[str, ...] = ()

    losses: tuple[Loss, ...] = field(default=("bce",), init=False)
    quantiles: tuple[float, ...] = field(default=(), init=False)
    feedback = False
    whole_sequence = False
    symbolic = False
    input_size: int = field(init=False)
    output_size: int = field(init=False)

    def __post_init__(self) -> None:
        self.input_size = self.output_size = self.sequences["train"].values.shape[1]

    @classmethod
    def read(cls, config: EventsConfig) -> EventsData:
        """Read a file.

        Raises:
            DataError: It cannot be read, lacks a part, or holds anything but 0 and 1.
        """
        path = Path(config.path or "")
        raw = read_data(path, FROM_SPACE)
        digest, count = sha256(raw).hexdigest(), config.validation.folds
        parts = read_parts(raw, path, ["train"] if count else ["train", "val"])
        if count:
            parts["train"] += parts.pop("val", [])
        sequences = {part: Ragged.of(matrices) for part, matrices in parts.items()}
        if not count:
            return cls(config, sequences, digest)
        keys = [matrix.tobytes() for matrix in parts["train"]]
        alike = np.zeros(len(keys), dtype=np.int64)
        folds, notes = cut_in_folds(keys, alike, count, derive(0, "folds"))
        return cls(config, sequences, digest, folds, tuple(notes))

    @classmethod
    def stand_in(cls, config: EventsConfig) -> EventsData:
        """The same task on a few time steps without events, whose metrics have the same names."""
        silence = Ragged.of([np.zeros((9, 2), dtype=np.uint8)])
        return cls(config, {"train": silence, "val": silence, "test": silence}, "")

    def seq_len(self, window: Window) -> int:
        """Predicted time steps of the longest training sequence."""
        return window.seq_len or int(self.sequences["train"].lengths.max()) - 1

    def rows(self) -> dict[Part, int]:
        """Time steps (frames) of each part that the file has."""
        return {part: len(some.values) for part, some in self.sequences.items()}

    def sha256(self) -> str:
        """The SHA-256 of the file."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """That held-out sequences stand in training too, or that there is no test part."""
        train = self.sequences["train"]
        shown = {train[at].tobytes() for at in range(len(train))}
        notes = list(self.fold_notes)
        for part, some in self.sequences.items():
            again = sum(some[at].tobytes() in shown for at in range(len(some)))
            if part != "train" and again:
                notes.append(
                    f"{again} of {len(some)} sequences of {part} stand in training too: its "
                    "figures flatter"
                )
        if "test" not in self.sequences:
            judged = "its folds" if self.folds else "val"
            notes.append(f"the file has no test part: the champion is scored on {judged} alone")
        return notes

    def metrics(self) -> Sequence[Metric]:
        """The likelihood of the frames, and how well their events are guessed."""
        part = f"a fold (the mean of {self.folds})" if self.folds else "the val part"
        over = f"every frame of {part} but the first of each sequence"
        own = [
            Metric(
                "val_nll",
                "nats/frame",
                "minimize",
                f"negative log-likelihood of all events of a frame, mean over {over}",
                loss=True,
            ),
            Metric(
                "val_accuracy",
                "share",
                "maximize",
                "hits / (hits + false alarms + misses) of the events held likelier than not, "
                f"over {over} (Bay et al. 2009)",
            ),
        ]
        if "val" in self.sequences:
            over += kept(self.predicted("val"), self.output_size, "frames")
        return [*own, *custom_metrics(self.config.metrics, own, f"over {over}")]

    def predicted(self, part: Part) -> int:
        """How many frames of a part are predicted: all but the first of each sequence."""
        some = self.sequences[part]
        return len(some.values) - len(some)

    def example_answers(self, draw: np.random.Generator, count: int) -> Answers:
        """Probabilities and events, both [count, events]."""
        shape = count, self.output_size
        return Answers(draw.uniform(0.1, 0.9, shape), draw.integers(0, 2, shape))

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one, and a batch is drawn without repetition."""
        if window.seq_len is not None:
            return "a training sequence is a whole one; leave training.seq_len out."
        return batch_problem(window, len(self.sequences["train"]) - self.largest_fold)

    def parted(self, numbers: Mapping[Part, Ints]) -> EventsData:
        """See `InFolds.parted`."""
        whole = self.sequences["train"]
        parts = {part: whole.some(some) for part, some in numbers.items()}
        return EventsData(self.config, parts, self.digest)

    def rivals(self) -> Sequence[Score]:
        """The frequency of each event, and a logistic regression on the frame before."""
        custom = self.config.metrics
        return [marginal(self.sequences, custom), logistic(self.sequences, custom)]

    def manifest(self) -> dict[str, Any]:
        """The number of events; a model knows them by their place."""
        return {"task": "events", "events": self.input_size}
