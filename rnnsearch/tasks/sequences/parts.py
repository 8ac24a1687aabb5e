"""Which sequences are in which part: as it is given, or drawn class by class."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.given import given_parts
from rnnsearch.tasks.sequences.source import Source
from rnnsearch.tasks.sequences.split import dropping_notes, split, unique_pairs
from rnnsearch.tasks.splits import sizes_of

Places = dict[Part, Ints]
"""The places of the sequences of each part that exists, ascending."""


def parts_of(
    config: SequencesConfig,
    source: Source[Any],
    labels: Ints,
    classes: Sequence[str],
    answers: Ints | None,
    what: str,
) -> tuple[Places, list[str], int]:
    """The places of the sequences of each part.

    Args:
        labels: The number of each sequence's class.
        classes: The names of the classes, each of which stands in every part.
        answers: A number for each sequence, equal where answers are equal: a sequence that repeats
            an earlier one with its answer is dropped. None drops none.
        what: The noun of an answer: `label`.

    Returns:
        The parts; sentences about them; and how many sequences stand with a second answer too,
        where the parts are drawn.

    Raises:
        DataError: A class has too few sequences to stand in every part.
    """
    keys = source.keys
    if source.parts:
        return *given_parts(config, source.parts, keys, labels, classes, _taken(classes)), 0
    kept = np.arange(len(keys)) if answers is None else unique_pairs(keys, answers.tolist())
    own = [keys[at] for at in kept.tolist()]
    places = split(own, labels[kept], classes, config.split, config.split_seed)
    notes = dropping_notes(len(keys), len(kept), what)
    several = 0 if answers is None else len(kept) - len(set(own))
    return {part: kept[some] for part, some in places.items()}, notes, several


def parts_without_classes(
    config: SequencesConfig, source: Source[Any], answers: Ints | None, what: str
) -> tuple[Places, list[str], int]:
    """The places of the sequences of each part, drawn from all of them alike.

    Args, returns: Those of `parts_of`.

    Raises:
        DataError: There are fewer different sequences than parts.
    """
    different: set[Hashable] = set(source.keys)
    drawn = ["train", "val"] if source.parts else list(sizes_of(config.split))
    if len(different) < len(drawn):
        raise DataError(
            f"{config.path} holds {len(different)} different sequences, and {', '.join(drawn)} "
            "need one each.",
            "task.id",
        )
    alike = np.zeros(len(source.sequences), dtype=np.int64)
    return parts_of(config, source, alike, ("",), answers, what)


def _taken(classes: Sequence[str]) -> str:
    """How sequences are chosen for a validation part that nobody gives."""
    return "drawn at random" + (" from each class" if len(classes) > 1 else "")
