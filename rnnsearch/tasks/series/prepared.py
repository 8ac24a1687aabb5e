"""A table cut into parts and scaled: its numbers, and which rows are whose; no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Loss, Part
from rnnsearch.tasks.files.forms import Forms
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.learned import InputRows, Inputs
from rnnsearch.tasks.series.transforms import restored, transformed


@dataclass(eq=False)
class PreparedSeries:
    """Rows of one or many series, one series after the other.

    Columns are those of numbers: the targets, then the past ones, then those known ahead.

    Attributes:
        values: In the data's units, float64 [rows, columns]; NaN where a cell was empty.
        scaled: What models read, float32 [rows, columns]: targets transformed, all scaled, empty
            cells filled or 0.
        times: Datetime64 of a unit that holds them, or the time column's numbers, [rows]; None
            without a time column.
        names: Names of the series; a single series has one empty name.
        starts: First row of each series, and the number of rows; int64 [series + 1].
        bounds: First and last-plus-one row of each part that exists, int64 [series, 2].
        center: What scaling takes off each column, float64 [series, columns].
        scale: What each column is then divided by, float64 [series, columns].
        spread: Standard deviation of each target's training rows, [series, targets].
        season: The naive error that MASE divides by, [series, targets]; see `season_error`.
        digest: SHA-256 of the file.
        forms: How the file's cells are written.
        reordered: Notes on what was done to the rows of the file to bring them into order.
        left_out: Names of the series of the file that the config leaves out.
        inputs: What training learned of the inputs beside the columns of numbers.
        beside: These inputs at every row.
        input_notes: Notes on how they are read.
        fold_numbers: The numbers of the series of each fold; empty without folds.
        losses, quantiles, input_size, output_size, feedback, whole_sequence: See `TaskData`.
    """

    config: SeriesConfig
    values: Floats
    scaled: NDArray[np.float32]
    times: NDArray[Any] | None
    names: tuple[str, ...]
    starts: Ints
    bounds: dict[Part, Ints]
    center: Floats
    scale: Floats
    spread: Floats
    season: Floats
    digest: str
    forms: Forms
    reordered: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    inputs: Inputs = field(default_factory=Inputs)
    beside: InputRows = field(default_factory=lambda: InputRows.none(0))
    input_notes: tuple[str, ...] = ()
    fold_numbers: tuple[Ints, ...] = ()

    symbolic = False
    losses: tuple[Loss, ...] = field(init=False)
    quantiles: tuple[float, ...] = field(init=False)
    input_size: int = field(init=False)
    output_size: int = field(init=False)
    feedback: bool = field(init=False)
    whole_sequence: bool = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        measured = config.answered + len(config.past_numbers)
        flags = measured if config.missing == "mask" else 0
        known = len(config.known_numbers) * (2 if config.lead > 1 else 1)
        known += self.inputs.count(config)
        self.input_size = (measured + known + flags) * config.segment
        self.quantiles = config.quantiles
        self.losses = ("quantile",) if self.quantiles else ("mse", "huber", "l1")
        self.output_size = config.answered * config.lead * max(1, len(self.quantiles))
        self.whole_sequence = config.direct
        alike = config.anchor == "none" and not (known or flags or self.quantiles)
        self.feedback = alike and not config.direct

    @property
    def dated(self) -> bool:
        """Whether `times` are dates rather than plain numbers."""
        return self.times is not None and self.times.dtype.kind == "M"

    def rows(self) -> dict[Part, int]:
        """How many rows each part has, all series together."""
        return {part: int((rows[:, 1] - rows[:, 0]).sum()) for part, rows in self.bounds.items()}

    def sha256(self) -> str:
        """SHA-256 of the file."""
        return self.digest

    def series_of(self, rows: Ints) -> Ints:
        """The number of the series that each row belongs to."""
        return np.asarray(np.searchsorted(self.starts, rows, side="right") - 1)

    def truth(self, origins: Ints) -> Floats:
        """What forecasts from some origins [B] should predict, in the data's units.

        Returns:
            [B, horizon, targets], NaN where a cell was empty.
        """
        rows = origins[:, None] + np.arange(self.config.horizon)
        return self.values[rows, : len(self.config.targets)]

    def as_read(self, series: Ints, values: Floats) -> Floats:
        """Targets in the data's units as models read them: transformed and scaled, float64.

        Args:
            series: Whose they are, [...], broadcast against `values` without its last axis.
            values: [..., targets].
        """
        count = len(self.config.targets)
        values = transformed(values, self.config.transform)
        return (values - self.center[series, :count]) / self.scale[series, :count]

    def in_units(self, series: Ints, scaled: Floats) -> Floats:
        """The inverse of `as_read`: scaled targets in the data's units; arguments likewise."""
        count = len(self.config.targets)
        values = scaled * self.scale[series, :count] + self.center[series, :count]
        return restored(values, self.config.transform)

    def origins(self, part: Part) -> Ints:
        """The first target row of every forecast that is scored in a part.

        All targets of a forecast lie in the part; its context may reach into the rows before.
        The origins of the validation and test part do not depend on a trial's context, so that
        all trials are scored on the same rows.
        """
        lead = self.config.context if part == "train" else 0
        last = self.config.horizon - 1
        step = self.config.stride
        return np.concatenate(
            [np.arange(lo + lead, hi - last, step) for lo, hi in self.bounds[part]]
        ).astype(np.int64)

    def windows(self, part: Part) -> list[Ints]:
        """The origins of each window; a metric is the mean of its values over the windows.

        All origins of a part are one window, except where `task.validation.windows` asks for a
        rolling validation, whose windows have one origin in each series.
        """
        rolling = self.config.validation
        if part != "val" or not rolling.windows:
            return [self.origins(part)]
        last = self.bounds["val"][:, 1] - self.config.horizon
        return [last - back * rolling.stride for back in reversed(range(rolling.windows))]
