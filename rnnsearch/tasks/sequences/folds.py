"""The folds of a training part of whole sequences."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.folds import KEY, cut_in_folds
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.groups import things
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.streams import derive


def without_val(split: SplitConfig) -> SplitConfig:
    """The split whose training part holds the validation part too."""
    return SplitConfig(train=split.train + split.val, val=0.0, test=split.test)


def folds_of_parts(
    keys: Sequence[Hashable], labels: Ints, classes: Sequence[str], config: SequencesConfig
) -> tuple[tuple[Ints, ...], list[str]]:
    """Cut training sequences into folds, each class evenly.

    Args:
        keys: A value for each sequence, equal where sequences are to be in one fold.
        labels: The number of the class of each; all alike where there are no classes.
        classes: The names of the classes.

    Returns:
        The numbers of the sequences of each fold, and sentences about them.

    Raises:
        DataError: There are fewer different sequences than folds, or all of a class are equal.
    """
    count = config.validation.folds
    seed = derive(config.split_seed, "folds")
    folds, notes = cut_in_folds(keys, labels, count, seed, things(config))
    notes.append("scalers and alphabets are fitted on all folds")
    held = np.array([np.bincount(labels[fold], minlength=len(classes)) for fold in folds])
    for number, name in enumerate(classes):
        within, whole = held[:, number], int(held[:, number].sum())
        if whole and within.max() == whole:
            raise DataError(
                f"all {whole} sequences of the class {name!r} are in one fold, so that its network "
                "would not learn the class. Give it more different ones, or take the class out.",
                KEY,
            )
    rare = [name for number, name in enumerate(classes) if 0 < (held[:, number] > 0).sum() < count]
    if rare:
        notes.append(
            f"{', '.join(rare)}: fewer sequences than folds; a fold without a class counts its F1 "
            "as 0"
        )
    return folds, notes
