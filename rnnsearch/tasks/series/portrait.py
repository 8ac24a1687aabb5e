"""What a table looks like: its targets over time, each part by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

import numpy as np

from rnnsearch.tasks.portrait import MOST_QUANTITIES, Portrait, Quantity, Stretch
from rnnsearch.tasks.series.prepared import PreparedSeries


def portrait_of(data: PreparedSeries) -> Portrait:
    """The targets of the first series, as many as are shown; where there are more, it is said."""
    config = data.config
    every = product(range(len(data.names)), range(len(config.targets)))
    along = "row" if data.times is None else " ".join(config.time_columns)
    quantities = [
        Quantity(_name(data, series, target), along, list(_stretches(data, series, target)))
        for series, target in islice(every, MOST_QUANTITIES)
    ]
    count = len(data.names) * len(config.targets)
    more = f"The first {len(quantities)} of {count:,} targets of all series are drawn."
    return Portrait(quantities, left_out=more if count > len(quantities) else "")


def _name(data: PreparedSeries, series: int, target: int) -> str:
    """Which target of which series it is."""
    name = data.config.targets[target]
    return f"{name}, {data.config.id} {data.names[series]}" if data.config.id else name


def _stretches(data: PreparedSeries, series: int, target: int) -> Iterator[Stretch]:
    """The rows of each part of one series; without a time column they are counted from 1."""
    first = int(data.starts[series])
    for part, bounds in data.bounds.items():
        lo, hi = (int(row) for row in bounds[series])
        times = np.arange(lo, hi) - first + 1 if data.times is None else data.times[lo:hi]
        yield Stretch(part, np.asarray(times), data.values[lo:hi, target])
