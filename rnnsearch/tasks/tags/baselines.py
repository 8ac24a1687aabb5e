"""Baselines for a recurrent tagger: the most frequent class, and a regression on each time step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.logistic import fit_classes
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.tags.measures import scores

PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood."""
MOST_ITERATIONS = 100


def majority(tags: Mapping[Part, Ragged], classes: Sequence[str]) -> Score:
    """Give every time step the same probabilities: each class's share of the training part's time
    steps."""
    counts = np.bincount(tags["train"].values, minlength=len(classes))
    logs = np.log(np.maximum(counts, 0.5) / counts.sum())
    metrics = _scores(tags, classes, lambda part: np.tile(logs, (len(tags[part].values), 1)))
    return Score("majority", metrics, f"always {classes[int(counts.argmax())]}")


def logistic(
    sequences: Mapping[Part, Ragged], tags: Mapping[Part, Ragged], classes: Sequence[str]
) -> Score:
    """Multinomial logistic regression that labels each time step by nothing but its own numbers."""
    steps, labels = sequences["train"].values, tags["train"].values
    model = fit_classes(steps, labels, len(classes), PENALTY, MOST_ITERATIONS)
    metrics = _scores(tags, classes, lambda part: model.logs(sequences[part].values))
    return Score("logistic regression", metrics, "on the numbers of each step alone")


def _scores(
    tags: Mapping[Part, Ragged], classes: Sequence[str], logs: Callable[[Part], Floats]
) -> dict[str, float]:
    """The task's metrics of the held-out parts.

    Args:
        logs: Gives the log-probabilities of a part, float64 [time steps, classes].
    """
    return {
        f"{part}_{name}": value
        for part, truth in tags.items()
        if part != "train"
        for name, value in scores(truth.values, logs(part), classes).items()
    }
