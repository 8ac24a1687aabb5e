"""Tasks as users write them, good and bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from rnnsearch import Metric
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.sine.data import SineData


@dataclass(frozen=True, kw_only=True)
class Echo:
    """Say each number again, some steps later.

    Attributes:
        delay: Steps between a number and its echo.
    """

    delay: int = 2
    num_points: int = 1  # below the range that our own tasks have for the name
    input_size = output_size = 1

    def batch(self, generator: np.random.Generator, size: int) -> tuple[Any, Any]:
        numbers = generator.random((size, self.delay + 9, 1))
        return numbers, np.roll(numbers, self.delay, axis=1)

    def metrics(self) -> list[Metric]:
        return [Metric("val_mse", "squared units", "minimize", "error of the echo")]

    def evaluate(self, predict: Any, part: str) -> dict[str, float]:
        seed = {"train": 1, "val": 2, "test": 3}[part]
        inputs, targets = self.batch(np.random.default_rng(seed), 20)
        return {f"{part}_mse": float(np.mean((predict(inputs) - targets)[:, self.delay :] ** 2))}

    def problems(self) -> list[tuple[str, str]]:
        return [("delay", f"must be from 0 to 9, not {self.delay}.")] * (not 0 <= self.delay < 10)


@dataclass(frozen=True)
class Parity:
    """Whether the ones of a row of bits are odd; fed its own last answer when it is scored."""

    length: int = 6
    input_size = output_size = 2
    symbolic = True
    loss = "cross_entropy"

    def batch(self, generator: np.random.Generator, size: int) -> tuple[Any, Any]:
        bits = generator.integers(0, 2, (size, self.length))
        return bits, bits.sum(axis=1, keepdims=True) % 2

    def metrics(self) -> list[Metric]:
        return [Metric("val_accuracy", "share", "maximize", "share of rows said right")]

    def evaluate(self, predict: Any, part: str) -> dict[str, float]:
        bits, _ = self.batch(np.random.default_rng(len(part)), 30)
        first = predict(bits).argmax(axis=-1)
        again = np.concatenate([bits[:, 1:], first], axis=1)
        right = predict(again).argmax(axis=-1)[:, 0] == again.sum(axis=1) % 2
        return {f"{part}_accuracy": float(right.mean())}


@dataclass(frozen=True)
class Whole:
    """The sine task as a custom one of the kind `WholeTask`, for all trials of a stack at once."""

    points: tuple[int, ...] = (9,)
    kind: Literal["plain", "other"] = "plain"

    def _sine(self) -> SineConfig:
        from rnnsearch.tasks.sine.config import RolloutConfig

        return SineConfig(num_points=self.points[0], rollout=RolloutConfig(steps=(2,)))

    def load(self) -> TaskData:
        return SineData(self._sine())

    def build(self, data: Any, device: Any, dtype: Any) -> Any:
        from rnnsearch.tasks.sine.task import SineTask

        return SineTask(self._sine(), data, device, dtype)


@dataclass
class NotFrozen:
    delay: int = 2


@dataclass(frozen=True)
class NoDefault(Echo):
    needed: int = field(kw_only=True)


@dataclass(frozen=True)
class BadType(Echo):
    table: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Empty:
    delay: int = 2


@dataclass(frozen=True, kw_only=True)
class WrongShape(Echo):
    """A task whose targets have two columns where `output_size` announces one."""

    def batch(self, generator: np.random.Generator, size: int) -> tuple[Any, Any]:
        inputs, targets = super().batch(generator, size)
        return inputs, np.repeat(targets, 2, axis=2)


@dataclass(frozen=True, kw_only=True)
class OtherFigures(Echo):
    """A task whose `evaluate` reports a metric under another name than `metrics` announces."""

    def evaluate(self, predict: Any, part: str) -> dict[str, float]:
        return {"mse": super().evaluate(predict, part)[f"{part}_mse"]}


@dataclass(frozen=True, kw_only=True)
class Fails(Echo):
    """A task whose `batch` fails with an error of the operating system."""

    def batch(self, generator: np.random.Generator, size: int) -> tuple[Any, Any]:
        raise OSError("the disk is on fire")


@dataclass(frozen=True, kw_only=True)
class NoTest(Echo):
    """A task without a test part: `evaluate` returns no figures for it."""

    def evaluate(self, predict: Any, part: str) -> dict[str, float]:
        return {} if part == "test" else super().evaluate(predict, part)


def declared(**values: Any) -> type[Echo]:
    """A task like `Echo` that says or does something else, under a name of this module."""
    name = "Declared"
    cls = type(name, (Echo,), {"__module__": __name__, "__qualname__": name, **values})
    return dataclass(frozen=True, kw_only=True)(cls)


class NoDataclass:
    delay = 2
