"""Baselines for a recurrent model of arrays: one answer for all, and a linear model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rnnsearch.tasks.answers import Answers
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.class_measures import scores
from rnnsearch.tasks.custom_metrics import RivalMeasure
from rnnsearch.tasks.logistic import fit_classes
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.summaries import summaries

Parts = Mapping[Part, Ragged]

PENALTY = 1.0
"""Factor of half the squared weights beside half the summed squares, or beside the summed negative
log-likelihood."""
MOST_ITERATIONS = 100
LAGS = 8
"""The most time steps that a linear model of answers at every time step sees."""
MOST_COLUMNS = 512
"""The most features that a linear model sees at once, but for those of a single time step."""
MOST_ROWS = 50_000
"""The most training answers that a linear model is fitted on, evenly spread over all of them."""
MOST_SYMBOLS = 500
"""Symbols beyond the commonest so many are one to the baselines."""


def baselines(
    inputs: Parts,
    targets: Parts,
    classes: tuple[str, ...],
    symbols: int,
    scaler: Scaler | None,
    custom: Sequence[str] = (),
) -> list[Score]:
    """One answer for all, and a linear model, fitted on the training part.

    Args:
        inputs: Scaled numbers, or symbols.
        targets: Scaled numbers, or classes.
        classes: Their names; empty where targets are numbers.
        symbols: How many there are; 0 where inputs are numbers.
        scaler: Of targets that are numbers.
        custom: The custom metrics by which they are scored too.
    """
    truth = {part: one.values for part, one in targets.items()}
    every = len(targets["train"].values) == len(inputs["train"].values)
    features, seen = _features(inputs, symbols, every)
    train = features["train"]
    some = np.unique(np.linspace(0, len(train) - 1, min(len(train), MOST_ROWS)).astype(np.int64))
    if classes:
        counts = np.bincount(truth["train"], minlength=len(classes))
        shares = np.log(np.maximum(counts, 0.5) / counts.sum())
        model = fit_classes(
            train[some], truth["train"][some], len(classes), PENALTY, MOST_ITERATIONS
        )
        return [
            _of_classes(
                "majority",
                truth,
                lambda part: np.tile(shares, (len(truth[part]), 1)),
                f"always {classes[int(counts.argmax())]}",
                custom,
            ),
            _of_classes(
                "logistic regression", truth, lambda part: model.logs(features[part]), seen, custom
            ),
        ]
    assert scaler is not None
    mean = truth["train"].mean(axis=0)
    weights = _ridge(train[some], truth["train"][some] - mean)
    return [
        _of_numbers(
            "mean",
            truth,
            scaler,
            lambda part: np.tile(mean, (len(truth[part]), 1)),
            "the mean of the training answers",
            custom,
        ),
        _of_numbers(
            "ridge regression",
            truth,
            scaler,
            lambda part: features[part] @ weights + mean,
            seen,
            custom,
        ),
    ]


def _ridge(rows: Floats, targets: Floats) -> Floats:
    """Weights [columns, outputs] of a linear model without a constant."""
    gram = rows.T @ rows
    gram[np.diag_indices(len(gram))] += PENALTY
    return np.asarray(np.linalg.solve(gram, rows.T @ targets), dtype=np.float64)


def _features(inputs: Parts, symbols: int, every: bool) -> tuple[dict[Part, Floats], str]:
    """Features of each answer, [answers, columns], with mean 0 in training; and what they are."""
    if symbols:
        inputs = _ones_and_zeros(inputs)
    if every:
        width = inputs["train"].values.shape[1]
        lags = max(1, min(LAGS, MOST_COLUMNS // width))
        rows = {part: _lagged(one, lags) for part, one in inputs.items()}
        what = f"the time step and {lags - 1} before it" if lags > 1 else "the time step alone"
    elif symbols:
        rows = {part: _counted(one) for part, one in inputs.items()}
        what = "the last symbol, and the share of each"
    else:
        rows = summaries(
            {
                part: Ragged(one.values.astype(np.float64), one.starts)
                for part, one in inputs.items()
            }
        )
        what = "last value, mean, deviation, least and greatest of each feature"
    mean = rows["train"].mean(axis=0)
    return {part: some - mean for part, some in rows.items()}, what


def _ones_and_zeros(inputs: Parts) -> dict[Part, Ragged]:
    """Each symbol as a row with a 1 in its place; rare ones share the last."""
    counts = np.bincount(inputs["train"].values)
    common = np.argsort(-counts, kind="stable")[:MOST_SYMBOLS]
    most = 1 + max(int(one.values.max()) for one in inputs.values())
    place = np.full(most, len(common), dtype=np.int64)
    place[common] = np.arange(len(common))
    rows = np.eye(len(common) + 1)
    return {part: Ragged(rows[place[one.values]], one.starts) for part, one in inputs.items()}


def _lagged(some: Ragged, lags: int) -> Floats:
    """Each time step beside those before it, zeros before the first; [time steps, columns]."""
    total, width = some.values.shape
    first = np.repeat(some.starts[:-1], some.lengths)
    place = np.arange(total)
    rows = np.zeros((total, lags, width))
    for lag in range(lags):
        known = place - lag >= first
        rows[known, lag] = some.values[place[known] - lag]
    return rows.reshape(total, lags * width)


def _counted(some: Ragged) -> Floats:
    """The last row of each sequence beside its mean."""
    means = np.add.reduceat(some.values, some.starts[:-1], axis=0) / some.lengths[:, None]
    return np.concatenate([some.values[some.starts[1:] - 1], means], axis=1)


def _of_classes(
    name: str,
    truth: Mapping[Part, Ints],
    logs: Callable[[Part], Floats],
    note: str,
    custom: Sequence[str],
) -> Score:
    """The score of a baseline of classes on the held-out parts."""
    measure = RivalMeasure(custom)
    metrics: dict[str, float] = {}
    for part, labels in truth.items():
        if part == "train":
            continue
        said = logs(part)
        figures = scores(labels, said) | measure(Answers(np.exp(said), labels))
        metrics |= {f"{part}_{key}": value for key, value in figures.items()}
    return Score(name, metrics, measure.note(note))


def _of_numbers(
    name: str,
    truth: Mapping[Part, Floats],
    scaler: Scaler,
    predict: Callable[[Part], Floats],
    note: str,
    custom: Sequence[str],
) -> Score:
    """The score of a baseline of numbers on the held-out parts."""
    measure = RivalMeasure(custom)
    metrics: dict[str, float] = {}
    for part, targets in truth.items():
        if part == "train":
            continue
        answers = predict(part)
        errors = answers - targets
        in_units = errors * scaler.scale
        metrics[f"{part}_mse"] = float(np.square(errors).mean())
        metrics[f"{part}_rmse"] = float(np.sqrt(np.square(in_units).mean()))
        metrics[f"{part}_mae"] = float(np.abs(in_units).mean())
        shown = Answers(scaler.undo(answers), scaler.undo(targets))
        metrics |= {f"{part}_{key}": value for key, value in measure(shown).items()}
    return Score(name, metrics, measure.note(note))
