"""Which sequences are in which part: as it is given, or drawn class by class."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.folds import without_val
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.folds import folds_of_parts
from rnnsearch.tasks.sequences.given import given_parts
from rnnsearch.tasks.sequences.groups import group_note, things
from rnnsearch.tasks.sequences.source import Source
from rnnsearch.tasks.sequences.split import dropping_notes, split, unique_pairs
from rnnsearch.tasks.splits import sizes_of

Places = dict[Part, Ints]
"""The places of the sequences of each part that exists, ascending."""


@dataclass(frozen=True, slots=True)
class Divided:
    """How sequences are divided.

    Attributes:
        parts: The places of the sequences of each part.
        notes: Sentences about the parts.
        several: How many sequences stand with a second answer too, where the parts are drawn.
        folds: The numbers of the training sequences of each fold; empty without folds.
    """

    parts: Places
    notes: list[str]
    several: int
    folds: tuple[Ints, ...]


def parts_of(
    config: SequencesConfig,
    source: Source[Any],
    labels: Ints,
    classes: Sequence[str],
    answers: Ints | None,
    what: str,
) -> Divided:
    """Divide sequences into parts, and where that is asked for the training part into folds.

    Args:
        labels: The number of each sequence's class.
        classes: The names of the classes, each of which stands in every part.
        answers: A number for each sequence, equal where answers are equal: a sequence that repeats
            an earlier one with its answer is dropped. None drops none.
        what: The noun of an answer: `label`.

    Raises:
        DataError: A class has too few sequences to stand in every part.
    """
    keys, folds, several = source.keys, config.validation.folds, 0
    together, group = source.together(), config.validation.group
    if source.parts:
        taken = "drawn at random" + (" from each class" if len(classes) > 1 else "")
        parts, notes = given_parts(config, source.parts, keys, together, labels, classes, taken)
    else:
        kept = np.arange(len(keys)) if answers is None else unique_pairs(keys, answers.tolist())
        own = [keys[at] for at in kept.tolist()]
        shares = without_val(config.split) if folds else config.split
        whose = [together[at] for at in kept.tolist()]
        places = split(whose, labels[kept], classes, shares, config.split_seed)
        parts = {part: kept[some] for part, some in places.items()}
        notes = dropping_notes(len(keys), len(kept), what)
        several = 0 if answers is None else len(kept) - len(set(own))
    if group is not None:
        notes.append(group_note(group, source.groups, keys, parts, drawn=not source.parts))
    if not folds:
        return Divided(parts, notes, several, ())
    train = parts["train"].tolist()
    cut, more = folds_of_parts([together[at] for at in train], labels[train], classes, config)
    return Divided(parts, notes + more, several, cut)


def parts_without_classes(
    config: SequencesConfig, source: Source[Any], answers: Ints | None, what: str
) -> Divided:
    """Divide sequences whose answers are no classes.

    Args, returns: Those of `parts_of`.

    Raises:
        DataError: There are fewer different sequences than parts.
    """
    different: set[Hashable] = set(source.together())
    drawn = ["train", "val"] if source.parts else list(sizes_of(config.split))
    if config.validation.folds:
        drawn = ["train"] if source.parts else list(sizes_of(without_val(config.split)))
    if len(different) < len(drawn):
        raise DataError(
            f"{config.path} holds {len(different)} {things(config)}, and {', '.join(drawn)} need "
            "one each.",
            "task.id",
        )
    alike = np.zeros(len(source.sequences), dtype=np.int64)
    return parts_of(config, source, alike, ("",), answers, what)
