"""Reads the table of recurrent trainings, and finds the row that stands for a configuration.

A search proposes any configuration of a space, and the table has some hundreds: the one that
stands for it is the nearest. Values of choices, and of ranges of whole numbers with four members
or fewer, must be equal as far as any row has them all; the others lie in [0, 1] by their share of
the range, on a logarithmic scale where the space has one, and the Euclidean distance counts. So a
search sees a landscape of plateaus, about as wide as rows lie apart: what a sampler would gain by
steps smaller than that, nobody gains here. All who are compared look rows up in this way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from rnnsearch.goal import Goal
from rnnsearch.space.load import load
from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec

HERE = Path(__file__).parent
SPACES = HERE / "spaces"
PREFIX = "params."
CURVE = pa.list_(pa.float32())
COLUMNS = {
    "number": pa.int32(),
    "seed": pa.int8(),
    "objective": CURVE,
    "test": CURVE,
    "train_loss": CURVE,
    "seconds": CURVE,
    "kernel": pa.string(),
}
FEW = 4
"""Whole numbers of so many members or fewer count as a choice."""


@dataclass(frozen=True, slots=True)
class Training:
    """A training of one configuration with one seed.

    Attributes:
        objective: The study's metric after each epoch; shorter than the others' where the training
            diverged in the epoch after.
        test: The same metric on the test part, which no search sees.
        seconds: Processor seconds of each epoch.
        max_epochs: Epochs of a complete training.
    """

    objective: tuple[float, ...]
    test: tuple[float, ...]
    seconds: tuple[float, ...]
    max_epochs: int

    @property
    def diverged(self) -> bool:
        return len(self.objective) < self.max_epochs

    def best(self, goal: Goal, epochs: int | None = None) -> int | None:
        """The place of the best of the first epochs; None where there is none."""
        seen = self.objective[:epochs]
        return min(range(len(seen)), key=lambda at: (goal.cost(seen[at]), at), default=None)

    def value(self, goal: Goal, epochs: int | None = None) -> float:
        """The best value of the first epochs."""
        at = self.best(goal, epochs)
        return goal.worst if at is None else self.objective[at]


class Table:
    """The trainings of one space.

    Attributes:
        name: Of the space.
        spec: The space.
        params: The configurations, by row.
        first: Their trainings with the first seed, by row.
        seeds: All trainings of the rows that have several, by row.
        made: How it was made.
        costs: The best values of the rows as costs, rising.
        full_seconds: Of an average training to the last epoch.
    """

    def __init__(
        self,
        name: str,
        spec: StudySpec,
        params: Sequence[Mapping[str, Any]],
        trainings: Mapping[int, Sequence[Training]],
        made: Mapping[str, Any],
    ) -> None:
        self.name, self.spec, self.params, self.made = name, spec, list(params), dict(made)
        self.goal = spec.search.goal
        self.first = [trainings[row][0] for row in range(len(self.params))]
        self.seeds = {row: tuple(some) for row, some in trainings.items() if len(some) > 1}
        self.space = optuna_distributions(spec)
        self._whole = [key for key, one in self.space.items() if is_choice(one)]
        self._ranges = [key for key in self.space if key not in self._whole]
        self._choices = np.array([self._chosen(one) for one in self.params])
        self._places = np.array([self._placed(one) for one in self.params])
        self._known: dict[tuple[Any, ...], int] = {}
        values = sorted(self.goal.cost(one.value(self.goal)) for one in self.first)
        self.costs: NDArray[np.float64] = np.array(values)
        self.full_seconds = sum(sum(one.seconds) for one in self.first) / len(self.first)

    @classmethod
    def read(cls, name: str, folder: Path = HERE) -> Table:
        """Read a space's file of the table."""
        table = pq.read_table(folder / f"{name}.parquet")
        made = json.loads((table.schema.metadata or {}).get(b"made", b"{}"))
        spec = load(SPACES / f"{name}.yaml", check_data=False)
        max_epochs = int(spec.values["training.max_epochs"])
        keys = [one for one in table.column_names if one.startswith(PREFIX)]
        params: dict[int, dict[str, Any]] = {}
        trainings: dict[int, list[Training]] = {}
        for row in sorted(decoded(table).to_pylist(), key=lambda one: (one["number"], one["seed"])):
            number = row["number"]
            params[number] = {
                key.removeprefix(PREFIX): row[key] for key in keys if row[key] is not None
            }
            curves = (tuple(row[key]) for key in ("objective", "test", "seconds"))
            trainings.setdefault(number, []).append(Training(*curves, max_epochs))
        order = sorted(params)
        rows = {row: trainings[number] for row, number in enumerate(order)}
        return cls(name, spec, [params[number] for number in order], rows, made)

    @property
    def max_epochs(self) -> int:
        return self.first[0].max_epochs

    def row(self, params: Mapping[str, Any]) -> int:
        """The row that stands for a configuration."""
        key = tuple(params.get(name) for name in self.space)
        if key not in self._known:
            self._known[key] = self.row_but(params, ())
        return self._known[key]

    def row_but(self, params: Mapping[str, Any], others: Sequence[int]) -> int:
        """The row that is nearest to a configuration and none of some others."""
        unequal = (self._choices != np.array(self._chosen(params))).sum(axis=1)
        apart = ((self._places - np.array(self._placed(params))) ** 2).sum(axis=1)
        most = len(self._ranges) + 1  # farther than two rows of equal choices can be
        distances = unequal * most + apart
        distances[list(others)] = math.inf
        return int(np.argmin(distances))

    def features(self) -> NDArray[np.float64]:
        """The configurations as numbers from 0 to 1, a row each, every value of a choice apart."""
        columns = [self._choices[:, [at]] == np.unique(self._choices[:, at])
                   for at in range(self._choices.shape[1])]  # fmt: skip
        return np.hstack([self._places, *(one.astype(float) for one in columns)])

    def rank(self, value: float) -> float:
        """The share of the rows that are truly better than a value."""
        better = np.searchsorted(self.costs, self.goal.cost(value), side="left")
        return float(better) / len(self.costs)

    def _chosen(self, params: Mapping[str, Any]) -> list[int]:
        """The choices of a configuration as numbers; -1 for one that is not active."""
        return [
            int(self.space[key].to_internal_repr(params[key])) if key in params else -1
            for key in self._whole
        ]

    def _placed(self, params: Mapping[str, Any]) -> list[float]:
        """Where a configuration lies in the ranges, each from 0 to 1."""
        return [
            _share(self.space[key], params[key]) if key in params else 0.5 for key in self._ranges
        ]


def is_choice(distribution: BaseDistribution) -> bool:
    """Whether values of it must be equal."""
    if isinstance(distribution, CategoricalDistribution):
        return True
    few = isinstance(distribution, IntDistribution)
    return few and (distribution.high - distribution.low) // distribution.step < FEW


def _share(distribution: Any, value: float) -> float:
    low, high = float(distribution.low), float(distribution.high)
    if distribution.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def decoded(table: pa.Table) -> pa.Table:
    """A table with plain columns instead of dictionaries."""
    fields = [
        pa.field(one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type)
        for one in table.schema
    ]
    return table.cast(pa.schema(fields))
