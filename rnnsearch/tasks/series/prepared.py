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
from rnnsearch.tasks.series.transforms import restored, transformed


@dataclass(eq=False)
class PreparedSeries:
    """Rows of one or many series, one series after the other.

    Columns are the targets, then the past ones, then those known ahead.

    Attributes:
        values: In the data's units, float64 [rows, columns]; NaN where a cell was empty.
        scaled: What models read, float32 [rows, columns]: targets transformed, all scaled, empty
            cells filled or 0.
        times: Datetime64 of a unit that holds them, or the time column's numbers, [rows]; None
            without one.
        dated: Whether `times` are dates.
        names: Of the series; one empty name for a single one.
        starts: First row of each series, and the number of rows; int64 [series + 1].
        bounds: First and last-plus-one row of each part that exists, int64 [series, 2].
        center: Taken off each column, float64 [series, columns].
        scale: By which it is then divided.
        spread: Standard deviation of each target's training rows, [series, targets].
        season: By which MASE divides, [series, targets].
        digest: SHA-256 of the file.
        forms: How its cells are written.
        said: What was done to the rows of the file.
        left_out: Series of the file that the config leaves out.
    """

    config: SeriesConfig
    values: Floats
    scaled: NDArray[np.float32]
    times: NDArray[Any] | None
    dated: bool
    names: tuple[str, ...]
    starts: Ints
    bounds: dict[Part, Ints]
    center: Floats
    scale: Floats
    spread: Floats
    season: Floats
    digest: str
    forms: Forms
    said: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    symbolic = False
    losses: tuple[Loss, ...] = field(init=False)
    quantiles: tuple[float, ...] = field(init=False)
    input_size: int = field(init=False)
    output_size: int = field(init=False)
    feedback: bool = field(init=False)
    whole_sequence: bool = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        targets = 1 if config.channels == "each" else len(config.targets)
        flags = targets + len(config.past) if config.missing == "mask" else 0
        known = len(config.known) * (2 if config.lead > 1 else 1)
        self.input_size = (targets + len(config.past) + known + flags) * config.segment
        steps = config.horizon if config.strategy == "direct" else 1
        self.quantiles = config.quantiles
        self.losses = ("quantile",) if self.quantiles else ("mse", "huber", "l1")
        self.output_size = targets * steps * max(1, len(self.quantiles))
        self.whole_sequence = config.strategy == "direct"
        self.feedback = not self.whole_sequence and config.anchor == "none" and known + flags == 0
        self.feedback = self.feedback and not self.quantiles

    def rows(self) -> dict[Part, int]:
        """Rows of each part, of all series."""
        return {part: int((rows[:, 1] - rows[:, 0]).sum()) for part, rows in self.bounds.items()}

    def sha256(self) -> str:
        """Hash of the file."""
        return self.digest

    def series_of(self, rows: Ints) -> Ints:
        """The number of the series that each row belongs to."""
        return np.asarray(np.searchsorted(self.starts, rows, side="right") - 1)

    def truth(self, origins: Ints) -> Floats:
        """Targets of the forecasts from some origins, in their units, [B, horizon, targets]."""
        rows = origins[:, None] + np.arange(self.config.horizon)
        return self.values[rows, : len(self.config.targets)]

    def as_read(self, series: Ints, values: Floats) -> Floats:
        """Targets in the data's units as models read them: transformed and scaled, float64.

        Args:
            series: Whose they are, [...], broadcast against `values` without its last axis.
            values: [..., targets].
        """
        count = len(self.config.targets)
        told = transformed(values, self.config.transform)
        return (told - self.center[series, :count]) / self.scale[series, :count]

    def in_units(self, series: Ints, scaled: Floats) -> Floats:
        """What `as_read` took, in the data's units; arguments likewise."""
        count = len(self.config.targets)
        told = scaled * self.scale[series, :count] + self.center[series, :count]
        return restored(told, self.config.transform)

    def origins(self, part: Part) -> Ints:
        """The first target row of every forecast that is scored in a part.

        All targets of a forecast lie in the part; its context may reach into the rows before.
        None depends on a trial's context but those of the training part.
        """
        lead = self.config.context if part == "train" else 0
        last = self.config.horizon - 1
        step = self.config.stride
        return np.concatenate(
            [np.arange(lo + lead, hi - last, step) for lo, hi in self.bounds[part]]
        ).astype(np.int64)

    def windows(self, part: Part) -> list[Ints]:
        """The origins whose scores are averaged, each window's; of most parts there is one window.

        A window of a rolling validation has one origin in each series.
        """
        rolling = self.config.validation
        if part != "val" or not rolling.windows:
            return [self.origins(part)]
        last = self.bounds["val"][:, 1] - self.config.horizon
        return [last - back * rolling.stride for back in reversed(range(rolling.windows))]
