"""The names of the figures that say how well a tagger finds each class."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
