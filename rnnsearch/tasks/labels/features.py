"""Features of a sequence that leave out its order in time, as rows for a regression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.ragged import Ragged

MARK = (-1,)
"""A symbol that is put before the first and after the last symbol of a text."""


def ngram_counts(sequences: Mapping[Part, Ragged], highest: int) -> dict[Part, Any]:
    """Counts of n-grams of symbols, as a sparse matrix [texts, n-grams] for each part.

    Columns are the n-grams that at least two training texts hold.

    Args:
        highest: The most symbols of an n-gram.
    """
    from scipy.sparse import csr_matrix

    found = {part: _all_grams(texts, highest) for part, texts in sequences.items()}
    held = Counter(gram for grams in found["train"] for gram in grams)
    columns = {gram: at for at, gram in enumerate(sorted(g for g, n in held.items() if n > 1))}
    counts: dict[Part, Any] = {}
    for part, texts in found.items():
        known = [
            {columns[gram]: n for gram, n in grams.items() if gram in columns} for grams in texts
        ]
        values = np.array([n for row in known for n in row.values()], dtype=np.float64)
        places = np.array([at for row in known for at in row], dtype=np.int64)
        ends = np.concatenate([[0], np.cumsum([len(row) for row in known])])
        counts[part] = csr_matrix((values, places, ends), shape=(len(known), len(columns)))
    return counts


def _all_grams(texts: Ragged, highest: int) -> list[Counter[tuple[int, ...]]]:
    """The n-grams of each text, of up to `highest` symbols, and their counts; a mark alone is
    none."""
    found = []
    for number in range(len(texts)):
        symbols = MARK + tuple(texts[number].tolist()) + MARK
        found.append(
            Counter(
                gram
                for order in range(1, highest + 1)
                for at in range(len(symbols) - order + 1)
                if (gram := symbols[at : at + order]) != MARK
            )
        )
    return found


def summaries(sequences: Mapping[Part, Ragged]) -> dict[Part, Floats]:
    """Summaries of each sequence, [sequences, 5 * features + 1] for each part.

    They are the last value, mean, standard deviation, minimum and maximum of each feature, and the
    logarithm of the length, all scaled to mean 0 and deviation 1 on the training part.
    """
    rows = {part: _summaries(some) for part, some in sequences.items()}
    mean, deviation = rows["train"].mean(axis=0), rows["train"].std(axis=0)
    scale = np.where(deviation > 1e-12, deviation, 1.0)
    return {part: (own - mean) / scale for part, own in rows.items()}


def _summaries(sequences: Ragged) -> Floats:
    found = []
    for number in range(len(sequences)):
        own = sequences[number]
        parts = [own[-1], own.mean(axis=0), own.std(axis=0), own.min(axis=0), own.max(axis=0)]
        found.append(np.concatenate([*parts, [np.log(len(own))]]))
    return np.array(found)
