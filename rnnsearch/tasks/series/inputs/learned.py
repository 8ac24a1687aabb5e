"""What a network reads beside the columns of numbers: learned on training, made for any rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Bools, Floats
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.calendar import calendar_inputs
from rnnsearch.tasks.series.inputs.categories import Category
from rnnsearch.tasks.series.inputs.spacing import age_inputs, gap_inputs

Scaled = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class InputRows:
    """Inputs of rows beside their columns of numbers.

    Attributes:
        fixed: What is read of each row as it is: categories that are known up to now, and statics;
            [rows, features].
        ahead: What is known ahead, and so is read of later rows too; [rows, features].
    """

    fixed: Scaled
    ahead: Scaled

    @classmethod
    def none(cls, rows: int) -> Self:
        """No inputs of so many rows."""
        return cls(np.empty((rows, 0), np.float32), np.empty((rows, 0), np.float32))

    @property
    def any(self) -> bool:
        """Whether there are such inputs."""
        return bool(self.fixed.shape[1] or self.ahead.shape[1])

    def __getitem__(self, rows: slice) -> InputRows:
        return InputRows(self.fixed[rows], self.ahead[rows])


@dataclass(frozen=True, slots=True)
class Inputs:
    """What training learned of the inputs beside the columns of numbers.

    Attributes:
        categories: In the order of `SeriesConfig.categories`.
        static: Scales the columns of `SeriesConfig.static_numbers`; None without such columns.
        usual: The usual step between rows, which the spacing is a multiple of; None where it is no
            input.
    """

    categories: tuple[Category, ...] = ()
    static: Scaler | None = None
    usual: float | None = None

    def widths(self, config: SeriesConfig) -> tuple[int, int]:
        """How many features `InputRows.fixed` and `InputRows.ahead` have."""
        known = sum(len(one.values) for one in self.categories if one.name in config.known)
        others = sum(len(one.values) for one in self.categories) - known
        known += 2 * len(config.calendar)
        others += len(config.static_numbers)
        if self.usual is not None:
            known += 1
            others += config.lead == 1
            others += config.measured if config.missing == "mask" else 0
        return others, known

    def count(self, config: SeriesConfig) -> int:
        """How many features a network reads of these inputs at one row."""
        fixed, ahead = self.widths(config)
        return fixed + ahead * (2 if config.lead > 1 else 1)

    def rows(
        self, config: SeriesConfig, coded: Floats, times: NDArray[Any] | None, empty: Bools
    ) -> InputRows:
        """The inputs of the rows of one series, in the order of time.

        Args:
            coded: Float64 [rows, columns]: the statics that are numbers, then the categories, as
                what `Category.numbers` gives.
            times: Datetime64, or numbers; None where no input needs them.
            empty: Which cells of the targets and past columns of numbers are empty.
        """
        numbers = len(config.static_numbers)
        fixed: list[Any] = []
        ahead: list[Any] = []
        for category, column in zip(self.categories, coded[:, numbers:].T, strict=True):
            whose = ahead if category.name in config.known else fixed
            whose.append(category.inputs(column.astype(np.int64)))
        if self.static is not None:
            fixed.append(self.static.apply(coded[:, :numbers]))
        if config.calendar:
            assert times is not None
            ahead.append(calendar_inputs(config.calendar, times))
        if self.usual is not None:
            assert times is not None
            gaps = gap_inputs(times, self.usual)
            ahead.append(gaps)
            # What is known ahead is read as it is now too only where it reaches further than a row.
            fixed += [gaps] if config.lead == 1 else []
            if config.missing == "mask":
                fixed.append(age_inputs(times, empty, self.usual))
        return InputRows(_beside(fixed, len(coded)), _beside(ahead, len(coded)))

    def as_measured(self, config: SeriesConfig, rows: InputRows) -> InputRows:
        """The inputs of the same rows as if none of their cells were empty."""
        if self.usual is None or config.missing != "mask":
            return rows
        fixed = rows.fixed.copy()
        fixed[:, -config.measured :] = 0  # the ages, which `rows` puts last
        return InputRows(fixed, rows.ahead)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """What a trained model's manifest keeps; one of an older version has no such inputs."""
        return cls.from_json(manifest["inputs"]) if "inputs" in manifest else cls()

    def to_json(self) -> dict[str, Any]:
        """JSON values that a model keeps, to read rows as those of training were read."""
        return {
            "categories": [one.to_json() for one in self.categories],
            "static": None if self.static is None else self.static.to_json(),
            "usual": self.usual,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        static = kept["static"]
        return cls(
            tuple(map(Category.from_json, kept["categories"])),
            None if static is None else Scaler.from_json(static),
            kept["usual"],
        )


def _beside(parts: list[Any], rows: int) -> Scaled:
    """Inputs side by side, [rows, features]; without any, no features."""
    if not parts:
        return np.empty((rows, 0), np.float32)
    return np.concatenate(parts, axis=1).astype(np.float32)
