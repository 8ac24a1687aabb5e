"""Summaries of sequences of numbers that leave out their order in time, as rows for a
regression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.ragged import Ragged


def summaries(sequences: Mapping[Part, Ragged]) -> dict[Part, Floats]:
    """Summaries of each sequence, [sequences, 5 * features + 1] for each part.

    They are the last value, mean, standard deviation, minimum and maximum of each feature, and the
    logarithm of the length, all scaled to mean 0 and deviation 1 on the training part.
    """
    rows = {part: _summaries(some) for part, some in sequences.items()}
    mean, deviation = rows["train"].mean(axis=0), rows["train"].std(axis=0)
    scale = np.where(deviation > 1e-12, deviation, 1.0)
    return {part: (values - mean) / scale for part, values in rows.items()}


def _summaries(sequences: Ragged) -> Floats:
    rows = []
    for number in range(len(sequences)):
        values = sequences[number]
        parts = [
            values[-1],
            values.mean(axis=0),
            values.std(axis=0),
            values.min(axis=0),
            values.max(axis=0),
        ]
        rows.append(np.concatenate([*parts, [np.log(len(values))]]))
    return np.array(rows)
