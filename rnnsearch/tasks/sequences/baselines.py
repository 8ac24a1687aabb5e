"""What simple rivals of a network that reads whole sequences share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.features import ngram_counts
from rnnsearch.tasks.summaries import summaries

T = TypeVar("T")

HIGHEST_ORDER = 4


def unordered(sequences: Mapping[Part, Ragged]) -> tuple[dict[Part, Any], str, str]:
    """What sequences show without their order in time.

    Of texts: counts of their 1- to 4-grams of characters, of at least two training texts, with
    marks at both ends. Of numbers: each column's last value, mean, deviation, least and greatest.

    Returns:
        Rows of features for each part; a word before the name of a regression on them, with a
        blank behind it, or nothing; and what they are, in words.
    """
    if sequences["train"].values.ndim == 1:
        rows = ngram_counts(sequences, HIGHEST_ORDER)
        return rows, "n-gram ", f"character 1- to {HIGHEST_ORDER}-grams"
    what = "last value, mean, deviation, least and greatest of each column"
    return dict(summaries(sequences)), "", what


def log_shares(labels: Ints, classes: Sequence[str]) -> tuple[Floats, str]:
    """The logarithm of each class's share of some answers, and the name of the commonest one."""
    counts = np.bincount(labels, minlength=len(classes))
    return np.log(np.maximum(counts, 0.5) / counts.sum()), classes[int(counts.argmax())]


def held_out(
    answers: Mapping[Part, T], score: Callable[[Part, T], Mapping[str, float]]
) -> dict[str, float]:
    """Metrics of the held-out parts, by the names that the task gives them.

    Args:
        score: Gives the metrics of a part with such answers, by the names of the measures.
    """
    return {
        f"{part}_{name}": value
        for part, truth in answers.items()
        if part != "train"
        for name, value in score(part, truth).items()
    }
