"""Baselines for a recurrent classifier: the most frequent class, and logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.class_measures import scores
from rnnsearch.tasks.labels.features import ngram_counts
from rnnsearch.tasks.logistic import fit_classes
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.summaries import summaries

Labels = Mapping[Part, Ints]

HIGHEST_ORDER = 4
PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood: the usual value,
and of 0.1, 1 and 3 near the best for the surnames of 18 languages."""
MOST_ITERATIONS = 100


def majority(labels: Labels, classes: Sequence[str]) -> Score:
    """Give every sequence the classes' shares of the training part as probabilities.

    Its label is then the commonest class. The note says by how much chance alone moves the accuracy
    on so few sequences.
    """
    counts = np.bincount(labels["train"], minlength=len(classes))
    logs = np.log(np.maximum(counts, 0.5) / counts.sum())
    metrics = _scores(labels, lambda part: np.tile(logs, (len(labels[part]), 1)))
    rows, share = len(labels["val"]), metrics["val_accuracy"]
    noise = 1.96 * sqrt(share * (1 - share) / rows)
    note = (
        f"always {classes[int(counts.argmax())]}; on {rows:,} sequences chance alone moves "
        f"an accuracy by {noise:.3f} either way (95 %)"
    )
    return Score("majority", metrics, note)


def logistic(sequences: Mapping[Part, Ragged], labels: Labels, classes: Sequence[str]) -> Score:
    """Multinomial logistic regression on what a sequence shows without its order in time.

    Of texts: counts of their 1- to 4-grams of characters, of at least two training texts, with
    marks at both ends. Of numbers: each column's last value, mean, deviation, least and greatest.
    """
    if sequences["train"].values.ndim == 1:
        of_part, name = ngram_counts(sequences, HIGHEST_ORDER), "n-gram logistic regression"
        what = f"character 1- to {HIGHEST_ORDER}-grams"
    else:
        of_part, name = summaries(sequences), "logistic regression"
        what = "last value, mean, deviation, least and greatest of each column"
    model = fit_classes(of_part["train"], labels["train"], len(classes), PENALTY, MOST_ITERATIONS)
    return Score(name, _scores(labels, lambda part: model.logs(of_part[part])), what)


def _scores(labels: Labels, logs: Callable[[Part], Floats]) -> dict[str, float]:
    """The task's metrics of the held-out parts.

    Args:
        logs: Gives the log-probabilities of a part, [N, classes].
    """
    metrics: dict[str, float] = {}
    for part, truth in labels.items():
        if part != "train":
            of_part = scores(truth, logs(part))
            metrics |= {f"{part}_{name}": value for name, value in of_part.items()}
    return metrics
