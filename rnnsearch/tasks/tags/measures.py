"""How well a tagger does: accuracy, F1 of each class, and likelihood of the time steps' labels."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.class_measures import confusion

MOST_CLASSES = 30
"""Classes up to which each has a metric of its own."""


def f1_names(classes: Sequence[str]) -> list[str]:
    """The name of each class's F1, without what a record of metrics could not hold.

    Empty where there are more than `MOST_CLASSES`.
    """
    if len(classes) > MOST_CLASSES:
        return []
    names = [re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") for name in classes]
    return [
        f"f1_{name}" if name and names.count(name) == 1 else f"f1_class_{number}"
        for number, name in enumerate(names)
    ]


def measures(counts: Ints, classes: Sequence[str]) -> dict[str, float]:
    """Accuracy, macro-F1, and the F1 of each class, of a confusion matrix.

    The F1 of a class is 2 hits / (its time steps + its guesses), which is 0 where it is never
    guessed right.

    Args:
        counts: Time steps [class, guessed class].
    """
    hits, rows, columns = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    f1 = 2 * hits / np.maximum(rows + columns, 1)
    each = dict(zip(f1_names(classes), f1.tolist(), strict=False))
    return {"accuracy": float(hits.sum() / counts.sum()), "macro_f1": float(f1.mean()), **each}


def scores(truth: Ints, logs: Floats, classes: Sequence[str]) -> dict[str, float]:
    """What `measures` gives, and the mean negative log-likelihood in nats.

    Args:
        truth: The number of each time step's class, int64 [time steps].
        logs: Log-probabilities, float64 [time steps, classes].
    """
    metrics = measures(confusion(truth, logs.argmax(axis=1), len(classes)), classes)
    return {**metrics, "nats": float(-logs[np.arange(len(truth)), truth].mean())}
