"""The time since the row before, for rows that are not evenly spaced."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Bools
from rnnsearch.tasks.series.steps import between


def gap_inputs(times: NDArray[Any], usual: float) -> NDArray[np.float32]:
    """log(1 + step / usual) of the step from the row before, for each row of one series [rows, 1].

    The logarithm keeps a long gap, such as a night, among the sizes that a network reads. The first
    row counts as one usual step after another.

    Args:
        times: Of the rows, in their order.
        usual: The usual step, in the units of `steps.between`.
    """
    apart = np.concatenate([[usual], between(times)])
    return np.log1p(apart / usual).astype(np.float32)[:, None]


def age_inputs(times: NDArray[Any], empty: Bools, usual: float) -> NDArray[np.float32]:
    """log(1 + time / usual) of the time since each column was last measured, [rows, columns].

    It is 0 where the cell is measured. Before its first measurement a column counts as measured
    with the first row.

    Args:
        times: Of the rows of one series, in their order.
        empty: Which cells are empty, [rows, columns].
        usual: As for `gap_inputs`.
    """
    passed = np.concatenate([[0.0], np.cumsum(between(times))])
    rows = np.arange(len(times))[:, None]
    last = np.maximum.accumulate(np.where(empty, 0, rows), axis=0)
    return np.asarray(np.log1p((passed[:, None] - passed[last]) / usual), np.float32)
