"""Weights of sequences or time steps in training, out of a column of the table."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.source import Source

KEY = "task.sample_weight"


def one_weight_each(config: SequencesConfig, source: Source[Any], train: Ints) -> Floats | None:
    """One weight for each training sequence, of mean 1; None where no column gives any.

    Args:
        train: The places of the training sequences.

    Raises:
        DataError: A cell is no weight, a sequence has several, or all are 0.
    """
    if not source.weights:
        return None
    weights = np.empty(len(train))
    for number, at in enumerate(train.tolist()):
        cells = source.weights[at]
        if len(set(cells)) > 1:
            raise DataError(
                f"{source.place(at)}: the column {config.sample_weight!r} gives this sequence "
                "several weights. A sequence has one, the same in each of its rows.",
                KEY,
            )
        weights[number] = _weight(config, source, at, cells[0])
    return _of_mean_one(config, weights)


def weight_of_each_row(config: SequencesConfig, source: Source[Any], train: Ints) -> Floats | None:
    """A weight for each time step of the training sequences, of mean 1; arguments and errors as of
    `one_weight_each`, but that each row has a weight of its own."""
    if not source.weights:
        return None
    each = [
        _weight(config, source, at, cell) for at in train.tolist() for cell in source.weights[at]
    ]
    return _of_mean_one(config, np.array(each))


def _weight(config: SequencesConfig, source: Source[Any], at: int, cell: str) -> float:
    try:
        weight = float(cell)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < np.inf:
        raise DataError(
            f"{source.place(at)}: in the column {config.sample_weight!r} {cell!r} is no weight, "
            "which is a number of at least 0.",
            KEY,
        )
    return weight


def _of_mean_one(config: SequencesConfig, weights: Floats) -> Floats:
    if not weights.any():
        raise DataError(
            f"the column {config.sample_weight!r} is 0 in the whole training part, so nothing "
            "would be learned.",
            KEY,
        )
    return np.asarray(weights / weights.mean())
