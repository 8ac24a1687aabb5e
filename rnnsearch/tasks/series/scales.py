"""How the columns of each series are scaled, by rows that come before what is forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.checks import checked
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.scores import season_error
from rnnsearch.tasks.series.transforms import transformed


@dataclass(frozen=True, eq=False)
class Scales:
    """What scaling learns of each series, and the rows that are scaled with it.

    Attributes:
        scaled: See `PreparedSeries`, as are the others. NaN where a cell is empty, until it is
            filled.
    """

    scaled: NDArray[np.float32]
    center: Floats
    scale: Floats
    spread: Floats
    season: Floats

    @classmethod
    def empty(cls, config: SeriesConfig, values: Floats, series: int) -> Self:
        """Room for the scales of so many series."""
        columns, targets = values.shape[1], len(config.targets)
        center, scale = np.empty((series, columns)), np.empty((series, columns))
        spread, season = np.empty((series, targets)), np.empty((series, targets))
        return cls(np.empty(values.shape, np.float32), center, scale, spread, season)

    def copy(self) -> Self:
        """The same, to be changed for some series."""
        return type(self)(
            self.scaled.copy(),
            self.center.copy(),
            self.scale.copy(),
            self.spread.copy(),
            self.season.copy(),
        )

    def fit(
        self,
        config: SeriesConfig,
        values: Floats,
        starts: Ints,
        series: int,
        name: str,
        train: tuple[int, int],
    ) -> None:
        """Scale a series by some of its rows.

        Columns are prepared one by one, since memory has no room for copies of a long table.

        Args:
            values: Of all series, in the data's units.
            starts: First row of each series, and the number of rows.
            series: The number of the series.
            name: Its name.
            train: First and last-plus-one row to learn the scales from.

        Raises:
            DataError: A column teaches nothing, or is not what the config needs.
        """
        lo, hi = (int(row) for row in starts[series : series + 2])
        start, end = train[0] - lo, train[1] - lo
        for column in range(values.shape[1]):
            cells = checked(config, values[lo:hi, column], column, name, (start, end))
            rows = raw = cells[start:end]
            target = column < len(config.targets)
            if target:
                cells = transformed(cells, config.transform)
                rows = cells[start:end]
            scaler = Scaler.fit(rows[:, None], config.scaler)
            self.center[series, column], self.scale[series, column] = *scaler.center, *scaler.scale
            out = self.scaled[lo:hi, column]
            np.subtract(cells, self.center[series, column], out=out, casting="same_kind")
            out /= self.scale[series, column]
            if target:
                self.spread[series, column] = np.nanstd(raw)
                self.season[series, column] = season_error(raw, config.period)

    def fill(self) -> None:
        """Put 0, which is the center of a column, where a cell is empty."""
        self.scaled[np.isnan(self.scaled)] = 0.0
