"""Features of a text that leave out its order in time, as rows for a regression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

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

    counters = {part: _all_grams(texts, highest) for part, texts in sequences.items()}
    held = Counter(gram for grams in counters["train"] for gram in grams)
    columns = {gram: at for at, gram in enumerate(sorted(g for g, n in held.items() if n > 1))}
    counts: dict[Part, Any] = {}
    for part, texts in counters.items():
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
    counters = []
    for number in range(len(texts)):
        symbols = MARK + tuple(texts[number].tolist()) + MARK
        counters.append(
            Counter(
                gram
                for order in range(1, highest + 1)
                for at in range(len(symbols) - order + 1)
                if (gram := symbols[at : at + order]) != MARK
            )
        )
    return counters
