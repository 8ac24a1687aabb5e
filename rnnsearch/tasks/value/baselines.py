"""Baselines for a recurrent network of one number a sequence: the mean, and ridge regression."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.baselines import held_out, unordered

Values = Mapping[Part, Floats]

PENALTY = 1.0
"""Factor of the squared weights beside the summed squared errors, of values of deviation 1."""
MOST_ITERATIONS = 500


def errors(truth: Floats, predicted: Floats) -> dict[str, float]:
    """Mean absolute error, and root of the mean squared error, of numbers [N]."""
    off = predicted - truth
    return {"mae": float(np.abs(off).mean()), "rmse": sqrt(float(np.square(off).mean()))}


def mean(values: Values) -> Score:
    """Give every sequence the mean of the training part."""
    level = float(values["train"].mean())
    metrics = held_out(values, lambda _, truth: errors(truth, np.full(len(truth), level)))
    return Score("mean", metrics, f"always {level:.6g}, the mean of the training part")


def ridge(sequences: Mapping[Part, Ragged], values: Values) -> Score:
    """Linear regression with a squared penalty on what a sequence shows without its order in
    time."""
    from scipy.sparse.linalg import lsqr

    rows, kind, what = unordered(sequences)
    level, spread = values["train"].mean(), values["train"].std() or 1.0
    aim = (values["train"] - level) / spread
    weights = lsqr(rows["train"], aim, damp=sqrt(PENALTY), iter_lim=MOST_ITERATIONS)[0]
    metrics = held_out(
        values, lambda part, truth: errors(truth, rows[part] @ weights * spread + level)
    )
    return Score(f"{kind}ridge regression", metrics, what)
