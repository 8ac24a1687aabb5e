"""How well a classifier does: accuracy, macro-F1, likelihood and the confusion matrix."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints


def confusion(truth: Ints, guesses: Ints, classes: int) -> Ints:
    """The confusion matrix: counts [class, guessed class] of sequences [N]."""
    pairs = truth * classes + guesses
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def measures(counts: Ints) -> dict[str, float]:
    """Accuracy and macro-F1 of a confusion matrix.

    Macro-F1 is the mean over the classes of 2 hits / (sequences + guesses), which is 0 for a
    class that is never guessed right: a rare class weighs as much as a frequent one.
    """
    hits, rows, columns = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    f1 = 2 * hits / np.maximum(rows + columns, 1)
    return {"accuracy": float(hits.sum() / max(int(counts.sum()), 1)), "macro_f1": float(f1.mean())}


def scores(truth: Ints, logs: Floats) -> dict[str, float]:
    """Accuracy, macro-F1 and mean negative log-likelihood in nats, of log-probabilities [N,
    classes]."""
    shares = measures(confusion(truth, logs.argmax(axis=1), logs.shape[1]))
    return {**shares, "nats": float(-logs[np.arange(len(truth)), truth].mean())}
