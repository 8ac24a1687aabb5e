"""Baselines for a recurrent classifier: the most frequent class, and logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from rnnsearch.tasks.answers import Answers
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.class_measures import scores
from rnnsearch.tasks.custom_metrics import Measure, RivalMeasure
from rnnsearch.tasks.logistic import fit_classes
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.baselines import held_out, log_shares, unordered

Labels = Mapping[Part, Ints]

PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood: the usual value,
and of 0.1, 1 and 3 near the best for the surnames of 18 languages."""
MOST_ITERATIONS = 100


def majority(labels: Labels, classes: Sequence[str], custom: Sequence[str] = ()) -> Score:
    """Give every sequence the classes' shares of the training part as probabilities.

    Its label is then the commonest class. The note says by how much chance alone moves the accuracy
    on so few sequences.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    logs, common = log_shares(labels["train"], classes)
    metrics = held_out(
        labels, lambda _, truth: _scores(truth, np.tile(logs, (len(truth), 1)), measure)
    )
    note = f"always {common}"
    if "val" in labels:
        rows, share = len(labels["val"]), metrics["val_accuracy"]
        noise = 1.96 * sqrt(share * (1 - share) / rows)
        note += (
            f"; on {rows:,} sequences chance alone moves an accuracy by {noise:.3f} either way "
            "(95 %)"
        )
    return Score("majority", metrics, measure.note(note))


def logistic(
    sequences: Mapping[Part, Ragged],
    labels: Labels,
    classes: Sequence[str],
    custom: Sequence[str] = (),
) -> Score:
    """Multinomial logistic regression on what a sequence shows without its order in time.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    rows, kind, what = unordered(sequences)
    model = fit_classes(rows["train"], labels["train"], len(classes), PENALTY, MOST_ITERATIONS)
    metrics = held_out(labels, lambda part, truth: _scores(truth, model.logs(rows[part]), measure))
    return Score(f"{kind}logistic regression", metrics, measure.note(what))


def _scores(truth: Ints, logs: Floats, measure: Measure) -> dict[str, float]:
    return scores(truth, logs) | measure(Answers(np.exp(logs), truth))
