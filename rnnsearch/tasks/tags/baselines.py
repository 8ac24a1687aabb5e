"""Baselines for a recurrent tagger: the most frequent class, and a regression on each time step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rnnsearch.tasks.answers import Answers
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.class_measures import scores
from rnnsearch.tasks.custom_metrics import Measure, RivalMeasure
from rnnsearch.tasks.logistic import fit_classes
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.baselines import held_out, log_shares
from rnnsearch.tasks.tags.measures import f1_names

PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood."""
MOST_ITERATIONS = 100


def majority(
    tags: Mapping[Part, Ragged], classes: Sequence[str], custom: Sequence[str] = ()
) -> Score:
    """Give every time step the same probabilities: each class's share of the training part's time
    steps.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    logs, common = log_shares(tags["train"].values, classes)
    metrics = held_out(
        tags,
        lambda _, truth: _scores(
            truth.values, np.tile(logs, (len(truth.values), 1)), classes, measure
        ),
    )
    return Score("majority", metrics, measure.note(f"always {common}"))


def logistic(
    sequences: Mapping[Part, Ragged],
    tags: Mapping[Part, Ragged],
    classes: Sequence[str],
    custom: Sequence[str] = (),
) -> Score:
    """Multinomial logistic regression that labels each time step by nothing but its own numbers.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    steps, labels = sequences["train"].values, tags["train"].values
    model = fit_classes(steps, labels, len(classes), PENALTY, MOST_ITERATIONS)
    metrics = held_out(
        tags,
        lambda part, truth: _scores(
            truth.values, model.logs(sequences[part].values), classes, measure
        ),
    )
    note = measure.note("on the numbers of each step alone")
    return Score("logistic regression", metrics, note)


def _scores(
    truth: Ints, logs: Floats, classes: Sequence[str], measure: Measure
) -> dict[str, float]:
    return scores(truth, logs, f1_names(classes)) | measure(Answers(np.exp(logs), truth))
