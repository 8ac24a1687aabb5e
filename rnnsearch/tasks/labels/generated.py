"""Made sequences of normal values, whose labels are random or the sign of the last value."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.labels.config import GeneratedConfig
from rnnsearch.tasks.streams import derive

CLASSES = {"random": ("0", "1"), "sign_of_last": ("negative", "positive")}


def generate(
    config: GeneratedConfig,
) -> dict[Part, tuple[Floats, Ints]]:
    """Values [sequences, length, num_features] and labels int64 [sequences] of each part.

    Each part is drawn from a random stream of its own, so that the number of training sequences
    changes no held-out sequence. Both classes stand in every part.
    """
    sizes: dict[Part, int] = {
        "train": config.count,
        "val": config.held_out,
        "test": config.held_out,
    }
    parts: dict[Part, tuple[Floats, Ints]] = {}
    for part, count in sizes.items():
        draw = np.random.default_rng(derive(config.seed, f"labels {part}"))
        values = draw.standard_normal((count, config.length, config.num_features))
        if config.rule == "sign_of_last":
            labels = (values[:, -1, -1] > 0).astype(np.int64)
        else:
            labels = draw.integers(0, 2, size=count)
        if labels.min() == labels.max():  # so few were drawn that all are of one class
            labels[0] = 1 - labels[0]
            if config.rule == "sign_of_last":
                values[0, -1, -1] *= -1
        parts[part] = values, labels
    return parts
