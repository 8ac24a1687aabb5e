"""The folds of a training part of whole sequences."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.folds import class_notes, cut_in_folds
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.sequences.groups import things
from rnnsearch.tasks.streams import derive


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
    notes += class_notes(folds, labels, classes)
    return folds, notes
