"""Baselines for a recurrent network of one number a sequence: the mean, and ridge regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.labels.features import ngram_counts
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.summaries import summaries

Values = Mapping[Part, Floats]

HIGHEST_ORDER = 4
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
    metrics = _scores(values, lambda part: np.full(len(values[part]), level))
    return Score("mean", metrics, f"always {level:.6g}, the mean of the training part")


def ridge(sequences: Mapping[Part, Ragged], values: Values) -> Score:
    """Linear regression with a squared penalty on what a sequence shows without its order in time.

    Of texts: counts of their 1- to 4-grams of characters, of at least two training texts, with
    marks at both ends. Of numbers: each column's last value, mean, deviation, least and greatest.
    """
    from scipy.sparse.linalg import lsqr

    if sequences["train"].values.ndim == 1:
        of_part, name = ngram_counts(sequences, HIGHEST_ORDER), "n-gram ridge regression"
        what = f"character 1- to {HIGHEST_ORDER}-grams"
    else:
        of_part, name = summaries(sequences), "ridge regression"
        what = "last value, mean, deviation, least and greatest of each column"
    level, spread = values["train"].mean(), values["train"].std() or 1.0
    aim = (values["train"] - level) / spread
    weights = lsqr(of_part["train"], aim, damp=sqrt(PENALTY), iter_lim=MOST_ITERATIONS)[0]
    metrics = _scores(values, lambda part: of_part[part] @ weights * spread + level)
    return Score(name, metrics, what)


def _scores(values: Values, predict: Callable[[Part], Floats]) -> dict[str, float]:
    """The task's metrics of the held-out parts.

    Args:
        predict: Gives the predictions for a part, [N].
    """
    return {
        f"{part}_{name}": value
        for part, truth in values.items()
        if part != "train"
        for name, value in errors(truth, predict(part)).items()
    }
