"""Baselines for a recurrent classifier: the most frequent class, and logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.class_measures import scores
from rnnsearch.tasks.logistic import fit_classes
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.baselines import held_out, log_shares, unordered

Labels = Mapping[Part, Ints]

PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood: the usual value,
and of 0.1, 1 and 3 near the best for the surnames of 18 languages."""
MOST_ITERATIONS = 100


def majority(labels: Labels, classes: Sequence[str]) -> Score:
    """Give every sequence the classes' shares of the training part as probabilities.

    Its label is then the commonest class. The note says by how much chance alone moves the accuracy
    on so few sequences.
    """
    logs, common = log_shares(labels["train"], classes)
    metrics = held_out(labels, lambda _, truth: scores(truth, np.tile(logs, (len(truth), 1))))
    note = f"always {common}"
    if "val" in labels:
        rows, share = len(labels["val"]), metrics["val_accuracy"]
        noise = 1.96 * sqrt(share * (1 - share) / rows)
        note += (
            f"; on {rows:,} sequences chance alone moves an accuracy by {noise:.3f} either way "
            "(95 %)"
        )
    return Score("majority", metrics, note)


def logistic(sequences: Mapping[Part, Ragged], labels: Labels, classes: Sequence[str]) -> Score:
    """Multinomial logistic regression on what a sequence shows without its order in time."""
    rows, kind, what = unordered(sequences)
    model = fit_classes(rows["train"], labels["train"], len(classes), PENALTY, MOST_ITERATIONS)
    metrics = held_out(labels, lambda part, truth: scores(truth, model.logs(rows[part])))
    return Score(f"{kind}logistic regression", metrics, what)
