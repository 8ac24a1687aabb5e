"""Sequences whose parts are given, by a column or by files: kept as they are given."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations

import numpy as np

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.given import PARTS, missing_notes
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.split import split
from rnnsearch.tasks.splits import SplitConfig


def given_parts(
    config: SequencesConfig,
    part_of_each: Sequence[Part],
    keys: Sequence[Hashable],
    together: Sequence[Hashable],
    labels: Ints,
    classes: Sequence[str],
    taken: str,
) -> tuple[dict[Part, Ints], list[str]]:
    """The places of the sequences of each part, and sentences about the parts.

    No sequence is dropped, so that the figures are those of the official parts. A validation part
    that nobody gives is drawn out of the training part; with folds one that is given joins it.

    Args:
        part_of_each: The part of each sequence.
        keys: A value for each sequence, equal where sequences are equal.
        together: The same, equal where sequences are not to be parted by a draw.
        labels: The number of each sequence's class; all alike where there are no classes.
        taken: How sequences of the training part are chosen for the validation part.

    Raises:
        DataError: A class has too few training sequences to be drawn into the validation part.
    """
    present = [part for part in PARTS if part in part_of_each]
    named = np.array(part_of_each)
    parts: dict[Part, Ints] = {part: np.flatnonzero(named == part) for part in present}
    folds = config.validation.folds
    if folds:
        both = np.isin(named, ["train", "val"])
        parts = {**parts, "train": np.flatnonzero(both)}
        parts.pop("val", None)
    notes = missing_notes(present, config.split, taken, folds)
    if "val" not in parts and not folds:
        train = parts["train"]
        shares = SplitConfig(train=1 - config.split.val, val=config.split.val, test=0.0)
        own = [together[at] for at in train.tolist()]
        drawn = split(own, labels[train], classes, shares, config.split_seed)
        parts |= {part: train[places] for part, places in drawn.items()}
        parts = {part: parts[part] for part in PARTS if part in parts}
    return parts, [*notes, *_leaks(parts, keys), *_strangers(parts, labels, classes)]


def _leaks(parts: dict[Part, Ints], keys: Sequence[Hashable]) -> list[str]:
    """A sentence for each two parts that share sequences."""
    notes = []
    for before, part in combinations(parts, 2):
        shown = {keys[at] for at in parts[before].tolist()}
        again = sum(keys[at] in shown for at in parts[part].tolist())
        if again:
            notes.append(
                f"{again:,} of {len(parts[part]):,} sequences of {part} stand in {before} too: "
                "its figures flatter"
            )
    return notes


def _strangers(parts: dict[Part, Ints], labels: Ints, classes: Sequence[str]) -> list[str]:
    """A sentence on classes that no training sequence has, which no model can learn."""
    shown = set(labels[parts["train"]].tolist())
    absent = [name for number, name in enumerate(classes) if number not in shown]
    if not absent:
        return []
    return [f"no sequence of train has the label {', '.join(absent)}: no model can learn it"]
