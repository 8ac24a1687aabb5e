"""The sequences of the memory tests, without torch."""

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
"""Absolute error below which a sum counts as right, as in Hochreiter and Schmidhuber (1997)."""


class MemoryData:
    """Made sequences of every part.

    Attributes:
        steps: Of a sequence.
        arrays: Two arrays of each part, a row a sequence.
    """

    config: MemoryConfig
    steps: int
    arrays: dict[Part, Arrays]
    quantiles: tuple[float, ...] = ()
    feedback = False

    def rows(self) -> dict[Part, int]:
        """Sequences of each part."""
        return counts(self.config)

    def sha256(self) -> str:
        """Hash of all that was made."""
        digest = sha256()
        for pair in self.arrays.values():
            for array in pair:
                digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()

    def notes(self) -> Sequence[str]:
        """Nothing that a person would not expect."""
        return []

    def seq_len(self, window: Window) -> int:
        """A sequence has one length."""
        return window.seq_len or self.steps

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one."""
        if window.seq_len not in (None, self.steps):
            return (
                f"a training sequence is a whole one of {self.steps} steps, not {window.seq_len}; "
                "leave training.seq_len out."
            )
        return batch_problem(window, self.config.train_sequences)


class AddingData(MemoryData):
    """Numbers and marks of every part.

    Attributes:
        arrays: Of each part, numbers float32 [sequences, length] and the marked steps int64
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
        """What is to be said of each sequence, [sequences]."""
        numbers, marks = self.arrays[part]
        marked = np.take_along_axis(numbers, marks, axis=1)
        return np.asarray(marked.sum(axis=1, dtype=np.float64))

    def metrics(self) -> Sequence[Metric]:
        """The error of the sum; 0.167 is that of a model that remembers nothing."""
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
        """Two models without memory: the mean, and the line through the last number."""
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
        found: dict[str, float] = {}
        for part in PARTS[1:]:
            error = say(self.arrays[part][0]) - self.sums(part)
            found[f"{part}_mse"] = float(np.mean(error**2))
            found[f"{part}_accuracy"] = float(np.mean(np.abs(error) < CLOSE))
        return Score(name, found, note)


class CopyData(MemoryData):
    """Sequences of every part; no part holds one of a part before it.

    Attributes:
        arrays: Of each part, inputs and targets, int64 [sequences, steps] both.
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
        """Likelihood over all steps first, then what is said of the remembered symbols."""
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
        """The best that can be said without memory, and one guess for every symbol."""
        config = self.config
        chance = log(config.symbols)
        remembered = self.arrays["train"][1][:, -config.length :]
        shares = (np.bincount(remembered.ravel(), minlength=config.symbols) + 1.0) / (
            remembered.size + config.symbols
        )
        exact: dict[str, float] = {}
        fitted: dict[str, float] = {}
        for part in PARTS[1:]:
            wanted = self.arrays[part][1][:, -config.length :]
            exact |= self._named(part, chance, 1 / config.symbols)
            hits = float(np.mean(wanted == int(np.argmax(shares))))
            fitted |= self._named(part, float(-np.log(shares[wanted]).mean()), hits)
        return [
            Score("no memory", exact, "counts the steps, and guesses symbols evenly; exact"),
            Score("frequencies", fitted, "guesses symbols by their shares in the training part"),
        ]

    def manifest(self) -> dict[str, Any]:
        """How many symbols, how long, how late."""
        config = self.config
        return {
            "task": "copy",
            "symbols": config.symbols,
            "length": config.length,
            "delay": config.delay,
        }

    def _named(self, part: Part, nats: float, accuracy: float) -> dict[str, float]:
        return {
            f"{part}_nats": nats * self.config.length / self.config.steps,
            f"{part}_recall_nats": nats,
            f"{part}_recall_accuracy": accuracy,
        }


def counts(config: MemoryConfig) -> dict[Part, int]:
    """Sequences of each part."""
    return {
        "train": config.train_sequences,
        "val": config.val_sequences,
        "test": config.test_sequences,
    }


def _stream(config: MemoryConfig, part: Part) -> np.random.Generator:
    return np.random.default_rng(derive(config.data_seed, f"{config.type} {part}"))
