"""Two forecasts of real data, and the one place where forecasts of any contender are scored.

Numpy alone: it is imported in the environments of the rivals too.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Part = Literal["val", "test"]
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is forecast of which rows, and how good counts as good.

    Attributes:
        name: Of the problem and of its file in `search_spaces`.
        file: Name of the data's file.
        columns: Those that are forecast, all together.
        horizon: Rows of a forecast.
        sizes: Rows of the training, the validation and the test part, one after the other.
        metric: Of a study of ours; the lower, the better.
        said: The metric in words.
        scaled: Whether errors are in standard deviations of the training part.
        squared: Whether the error is the mean square itself, else its root.
        lags: Rows that the linear baseline reads.
        targets: Validation errors to come to, from the easiest to the hardest.
    """

    name: str
    file: str
    columns: tuple[str, ...]
    horizon: int
    sizes: tuple[int, int, int]
    metric: str
    said: str
    scaled: bool
    squared: bool
    lags: int
    targets: tuple[float, ...]

    @property
    def space(self) -> Path:
        """The file that our command searches."""
        return ROOT / "search_spaces" / f"{self.name}.yaml"

    def read(self, folder: Path) -> Data:
        """Read the file in a folder; rows beyond the three parts are left out."""
        with (folder / self.file).open(newline="") as lines:
            rows = csv.reader(lines)
            header = next(rows)
            places = [header.index(name) for name in self.columns]
            cells = [[float(row[place]) for place in places] for row in rows]
        return Data(self, np.array(cells[: sum(self.sizes)]))


@dataclass(frozen=True, eq=False)
class Data:
    """The rows of a problem in their own units, [rows, columns]."""

    problem: Problem
    rows: Floats

    @property
    def trained(self) -> int:
        """Rows of the training part, which is the first."""
        return self.problem.sizes[0]

    @cached_property
    def spread(self) -> Floats:
        """Standard deviation of each column in the training part."""
        return np.asarray(self.rows[: self.trained].std(axis=0))

    @cached_property
    def center(self) -> Floats:
        """Mean of each column in the training part."""
        return np.asarray(self.rows[: self.trained].mean(axis=0))

    @property
    def standard(self) -> Floats:
        """The rows, each column scaled by its training part."""
        return np.asarray((self.rows - self.center) / self.spread)

    def bounds(self, part: Part) -> tuple[int, int]:
        """The first row of a part, and the one after its last."""
        train, val, test = self.problem.sizes
        return (train, train + val) if part == "val" else (train + val, train + val + test)

    def origins(self, part: Part) -> NDArray[np.int64]:
        """The first rows of all forecasts that lie in a part whole."""
        start, end = self.bounds(part)
        return np.arange(start, end - self.problem.horizon + 1)

    def ahead(self, origins: NDArray[np.int64]) -> Floats:
        """The rows that come, [origins, horizon, columns]."""
        return np.asarray(self.rows[origins[:, None] + np.arange(self.problem.horizon)])

    def before(self, origins: NDArray[np.int64], context: int) -> Floats:
        """The rows before each origin, [origins, context, columns]."""
        return np.asarray(self.rows[origins[:, None] + np.arange(-context, 0)])

    def score(self, part: Part, forecasts: Floats) -> float:
        """The error of a contender over a part.

        Args:
            forecasts: From every origin of the part in the data's own units,
                [origins, horizon, columns].

        Raises:
            ValueError: They are not one forecast from each origin.
        """
        truth = self.ahead(self.origins(part))
        if forecasts.shape != truth.shape:
            raise ValueError(f"forecasts of {forecasts.shape} in the place of {truth.shape}")
        error = forecasts - truth
        if self.problem.scaled:
            error = error / self.spread
        square = float(np.mean(error**2))
        return square if self.problem.squared else float(np.sqrt(square))

    def baselines(self) -> dict[str, dict[Part, float]]:
        """The errors of repeating the last row and of a linear map, by least squares."""
        repeated = "the last row again"
        linear = f"linear({self.problem.lags})"
        known: dict[str, dict[Part, float]] = {repeated: {}, linear: {}}
        forecast = _linear(self)
        parts: Sequence[Part] = ("val", "test")
        for part in parts:
            origins = self.origins(part)
            last = np.repeat(self.before(origins, 1), self.problem.horizon, axis=1)
            known[repeated][part] = self.score(part, last)
            known[linear][part] = self.score(part, forecast(origins))
        return known


def _linear(data: Data) -> Callable[[NDArray[np.int64]], Floats]:
    """One map for all columns from the scaled rows before to those that come, with a constant."""
    lags, horizon = data.problem.lags, data.problem.horizon
    scaled = Data(data.problem, data.standard)
    origins = np.arange(lags, data.trained - horizon + 1)

    def inputs(column: int, at: NDArray[np.int64]) -> Floats:
        rows = scaled.before(at, lags)[..., column]
        return np.concatenate([rows, np.ones((len(at), 1))], axis=1)

    columns = range(len(data.problem.columns))
    gram = sum(inputs(one, origins).T @ inputs(one, origins) for one in columns)
    cross = sum(inputs(one, origins).T @ scaled.ahead(origins)[..., one] for one in columns)
    weights = np.linalg.solve(np.asarray(gram) + 1e-6 * np.eye(lags + 1), np.asarray(cross))

    def forecast(at: NDArray[np.int64]) -> Floats:
        answers = np.stack([inputs(one, at) @ weights for one in columns], axis=2)
        return np.asarray(answers * data.spread + data.center)

    return forecast


PROBLEMS: Mapping[str, Problem] = {
    one.name: one
    for one in (
        Problem(
            name="sunspots",
            file="monthly-sunspots.csv",
            columns=("Sunspots",),
            horizon=1,
            sizes=(1833, 423, 564),
            metric="val_rmse",
            said="RMSE, sunspots",
            scaled=False,
            squared=False,
            lags=24,
            targets=(15.44, 14.29, 14.0, 13.8),
        ),
        Problem(
            name="etth1",
            file="ETTh1.csv",
            columns=("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"),
            horizon=96,
            sizes=(8640, 2880, 2880),
            metric="val_scaled_mse",
            said="MSE, variances of the training part",
            scaled=True,
            squared=True,
            lags=336,
            targets=(0.75, 0.68, 0.6516, 0.645),
        ),
    )
}


def data_of(name: str, folder: str | Path) -> tuple[Problem, Data]:
    """A problem and its data, for the scripts of the rivals."""
    problem: Any = PROBLEMS[name]
    return problem, problem.read(Path(folder))
