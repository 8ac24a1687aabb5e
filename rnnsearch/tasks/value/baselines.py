"""Baselines for a recurrent network of one number a sequence: the mean, and ridge regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from rnnsearch.tasks.answers import Answers
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.custom_metrics import Measure, RivalMeasure
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.baselines import held_out, unordered

Values = Mapping[Part, Floats]

PENALTY = 1.0
"""Factor of the squared weights beside the summed squared errors, of values of deviation 1."""
MOST_ITERATIONS = 500


def errors(truth: Floats, predicted: Floats, measure: Measure) -> dict[str, float]:
    """Mean absolute error, root of the mean squared error, and custom metrics, of numbers [N]."""
    off = predicted - truth
    own = {"mae": float(np.abs(off).mean()), "rmse": sqrt(float(np.square(off).mean()))}
    return own | measure(Answers(predicted[:, None], truth[:, None]))


def mean(values: Values, custom: Sequence[str] = ()) -> Score:
    """Give every sequence the mean of the training part.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    level = float(values["train"].mean())
    metrics = held_out(values, lambda _, truth: errors(truth, np.full(len(truth), level), measure))
    note = measure.note(f"always {level:.6g}, the mean of the training part")
    return Score("mean", metrics, note)


def ridge(sequences: Mapping[Part, Ragged], values: Values, custom: Sequence[str] = ()) -> Score:
    """Linear regression with a squared penalty on what a sequence shows without its order in time.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    from scipy.sparse.linalg import lsqr

    measure = RivalMeasure(custom)

    rows, kind, what = unordered(sequences)
    level, spread = values["train"].mean(), values["train"].std() or 1.0
    aim = (values["train"] - level) / spread
    weights = lsqr(rows["train"], aim, damp=sqrt(PENALTY), iter_lim=MOST_ITERATIONS)[0]
    metrics = held_out(
        values, lambda part, truth: errors(truth, rows[part] @ weights * spread + level, measure)
    )
    return Score(f"{kind}ridge regression", metrics, measure.note(what))
