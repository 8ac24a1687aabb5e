"""Parts that are drawn at random, where no arrays are given for validation."""

from __future__ import annotations

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.splits import SplitConfig, sizes_of

SEED = 0
"""Of the draw, which is the same in every study of the same arrays."""


def drawn_parts(
    split: SplitConfig, answers: Ragged, classes: int, *, tested: bool, place: str
) -> dict[Part, Ints]:
    """The numbers of the sequences of each part, in their order.

    Sequences that have one class each are drawn class by class, so that all parts have about the
    same shares of them, and the training part has every class.

    Args:
        answers: The targets of all sequences: class numbers [answers] where there are `classes`.
        tested: Whether there is a test part already.

    Raises:
        DataError: A part would be empty, or the training part would lack a class.
    """
    sizes = sizes_of(split)
    if tested:
        sizes.pop("test", None)
    count, total = len(answers), sum(sizes.values())
    places = _places(answers, classes)
    parts: dict[Part, Ints] = {}
    begin = 0.0
    for part, size in sizes.items():
        end = begin + size / total
        parts[part] = np.flatnonzero((begin <= places) & (places < end))
        begin = end
        if not len(parts[part]):
            raise DataError(
                f"{place}: {count} sequences are too few to draw a {part} part of a share of "
                f"{size:g} from them. Give {part}_x and {part}_y, or set task.split."
            )
    if classes:
        learned = answers.some(parts["train"]).values
        absent = np.setdiff1d(np.arange(classes), learned)
        if len(absent):
            raise DataError(
                f"{place}: the training part that task.split draws lacks the class number "
                f"{absent[0]} (from 0, in sorted order), which cannot be learned then. Give "
                "val_x and val_y."
            )
    return parts


def _places(answers: Ragged, classes: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A place from 0 to 1 for each sequence: those of a class are spread evenly, in random
    order."""
    draw = np.random.default_rng(SEED)
    order = draw.permutation(len(answers))
    single = classes and len(answers.values) == len(answers)
    kinds = answers.values if single else np.zeros(len(answers), dtype=np.int64)
    places = np.empty(len(answers))
    for kind in np.unique(kinds):
        members = order[kinds[order] == kind]
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
        places[members[0]] = 0.0  # every class stands in the training part
    return places
