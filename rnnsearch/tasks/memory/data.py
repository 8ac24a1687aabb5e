"""The made sequences of the tests of memory, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.memory import adding, copying
from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.memory.config import MemoryConfig
from rnnsearch.tasks.memory.copying import CopyConfig
from rnnsearch.tasks.shuffling import batch_problem
from rnnsearch.tasks.streams import derive

Arrays = tuple[NDArray[Any], NDArray[Any]]

PARTS: tuple[Part, ...] = ("train", "val", "test")

CLOSE = 0.04
"""The absolute error below which a sum is right, as in Hochreiter and Schmidhuber (1997)."""


class MemoryData:
    """The made sequences of every part.

    Attributes:
        steps: Time steps of a sequence.
        arrays: Two arrays for each part, with a row for each sequence.
    """

    config: MemoryConfig
    steps: int
    arrays: dict[Part, Arrays]
    quantiles: tuple[float, ...] = ()
    feedback = False

    def rows(self) -> dict[Part, int]:
        """How many sequences each part has."""
        return counts(self.config)

    def sha256(self) -> str:
        """The SHA-256 of all numbers that were made, little-endian."""
        digest = sha256()
        for pair in self.arrays.values():
            for array in pair:
                digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()

    def notes(self) -> Sequence[str]:
        """Nothing: made sequences hold no surprise."""
        return []

    def seq_len(self, window: Window) -> int:
        """Time steps of a sequence, which all have the same."""
        return window.seq_len or self.steps

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one, and a batch is drawn without repetition."""
        if window.seq_len not in (None, self.steps):
            return (
                f"a training sequence is a whole one of {self.steps} steps, not {window.seq_len}; "
                "leave training.seq_len out."
            )
        return batch_problem(window, self.config.train_sequences)


class AddingData(MemoryData):
    """The numbers and marks of every part.

    Attributes:
        arrays: Of each part, numbers float32 [sequences, length] and the marked time steps int64
            [sequences, 2].
    """

    config: AddingConfig
    input_size = 2
    output_size = 1
    symbolic = False
    losses: tuple[Loss, ...] = ("mse", "l1", "huber")
    whole_sequence = True

    def __init__(self, config: AddingConfig) -> None:
        self.config = config
        self.steps = config.length
        self.arrays = {
            part: adding.generate(config, count, _stream(config, part))
            for part, count in counts(config).items()
        }

    def sums(self, part: Part) -> Floats:
        """The sum that is to be predicted of each sequence, float64 [sequences]."""
        numbers, marks = self.arrays[part]
        marked = np.take_along_axis(numbers, marks, axis=1)
        return np.asarray(marked.sum(axis=1, dtype=np.float64))

    def metrics(self) -> Sequence[Metric]:
        """The squared error of the sum, and how often it is right."""
        return [
            Metric(
                "val_mse",
                "squared units of the sum",
                "minimize",
                "mean squared error of the sum; always saying 1 gives 0.167",
                loss=True,
            ),
            Metric(
                "val_accuracy",
                "share",
                "maximize",
                "share of sequences whose sum is said to within 0.04",
            ),
        ]

    def baselines(self) -> Sequence[Score]:
        """Two models without memory: the mean sum, and a line through the last number."""
        mean = float(self.sums("train").mean())
        last = np.polynomial.Polynomial.fit(
            self.arrays["train"][0][:, -1].astype(np.float64), self.sums("train"), 1
        )
        return [
            self._score("mean", lambda numbers: np.full(len(numbers), mean), "says the mean sum"),
            self._score(
                "last number",
                lambda numbers: last(numbers[:, -1].astype(np.float64)),
                "a line through the last number; remembers nothing before it",
            ),
        ]

    def manifest(self) -> dict[str, Any]:
        """The length of the sequences, and that the answer comes at their end."""
        return {"task": "adding", "length": self.config.length, "head": "last"}

    def _score(self, name: str, say: Any, note: str) -> Score:
        measures: dict[str, float] = {}
        for part in PARTS[1:]:
            error = say(self.arrays[part][0]) - self.sums(part)
            measures[f"{part}_mse"] = float(np.mean(error**2))
            measures[f"{part}_accuracy"] = float(np.mean(np.abs(error) < CLOSE))
        return Score(name, measures, note)


class CopyData(MemoryData):
    """The sequences of every part; no part holds one of another.

    Attributes:
        arrays: Of each part, inputs and targets, both int64 [sequences, time steps].
    """

    config: CopyConfig
    symbolic = True
    losses: tuple[Loss, ...] = ("cross_entropy",)
    whole_sequence = False

    def __init__(self, config: CopyConfig) -> None:
        self.config = config
        self.steps = config.steps
        self.input_size = config.symbols + 2
        self.output_size = config.symbols + 1
        self.arrays = {}
        shown: set[bytes] = set()
        for part, count in counts(config).items():
            self.arrays[part] = copying.generate(config, count, _stream(config, part), shown)
            shown.update(row.tobytes() for row in self.arrays[part][0])

    def metrics(self) -> Sequence[Metric]:
        """The likelihood of all time steps first, then that of the remembered symbols."""
        config = self.config
        recalled = f"the {config.length} remembered symbols"
        return [
            Metric(
                "val_nats",
                "nats/step",
                "minimize",
                "mean negative log-likelihood over all steps; without memory "
                f"{config.length * log(config.symbols) / config.steps:.4g}",
                loss=True,
            ),
            Metric(
                "val_recall_nats",
                "nats/symbol",
                "minimize",
                f"the same over {recalled}; without memory {log(config.symbols):.4g}",
            ),
            Metric(
                "val_recall_accuracy",
                "share",
                "maximize",
                f"share of {recalled} said right; chance is {1 / config.symbols:.4g}",
            ),
        ]

    def baselines(self) -> Sequence[Score]:
        """The exact scores of a model without memory, and guesses by the symbols' frequencies."""
        config = self.config
        chance = log(config.symbols)
        remembered = self.arrays["train"][1][:, -config.length :]
        shares = (np.bincount(remembered.ravel(), minlength=config.symbols) + 1.0) / (
            remembered.size + config.symbols
        )
        exact: dict[str, float] = {}
        fitted: dict[str, float] = {}
        for part in PARTS[1:]:
            remembered_of_part = self.arrays[part][1][:, -config.length :]
            exact |= self._named(part, chance, 1 / config.symbols)
            hits = float(np.mean(remembered_of_part == int(np.argmax(shares))))
            fitted |= self._named(part, float(-np.log(shares[remembered_of_part]).mean()), hits)
        return [
            Score("no memory", exact, "counts the steps, and guesses symbols evenly; exact"),
            Score("frequencies", fitted, "guesses symbols by their shares in the training part"),
        ]

    def manifest(self) -> dict[str, Any]:
        """How many symbols there are, how many are remembered, and for how long."""
        remembered = ("symbols", "length", "delay")
        return {"task": "copy"} | {key: getattr(self.config, key) for key in remembered}

    def _named(self, part: Part, nats: float, accuracy: float) -> dict[str, float]:
        return {
            f"{part}_nats": nats * self.config.length / self.config.steps,
            f"{part}_recall_nats": nats,
            f"{part}_recall_accuracy": accuracy,
        }


def counts(config: MemoryConfig) -> dict[Part, int]:
    """How many sequences each part has."""
    return {part: getattr(config, f"{part}_sequences") for part in PARTS}


def _stream(config: MemoryConfig, part: Part) -> np.random.Generator:
    return np.random.default_rng(derive(config.data_seed, f"{config.type} {part}"))
