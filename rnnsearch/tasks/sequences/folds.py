"""The folds of a training part of whole sequences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Score
from rnnsearch.tasks.folds import drawn_folds
from rnnsearch.tasks.sequences.config import SequencesConfig
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.streams import derive

KEY = "task.validation.folds"


def without_val(split: SplitConfig) -> SplitConfig:
    """The split whose training part holds the validation part too."""
    return SplitConfig(train=split.train + split.val, val=0.0, test=split.test)


def folds_of_parts(
    keys: Sequence[Hashable], labels: Ints, classes: Sequence[str], config: SequencesConfig
) -> tuple[tuple[Ints, ...], list[str]]:
    """Cut training sequences into folds, each class evenly.

    Args:
        keys: A value for each sequence, equal where sequences are equal.
        labels: The number of the class of each; all alike where there are no classes.
        classes: The names of the classes.

    Returns:
        The numbers of the sequences of each fold, and sentences about them.

    Raises:
        DataError: There are fewer different sequences than folds, or all of a class are equal.
    """
    count = config.validation.folds
    folds = drawn_folds(keys, labels, count, derive(config.split_seed, "folds"))
    if different := min(map(len, folds)) == 0 and len(set(keys)):
        raise DataError(
            f"the training part holds {different} different sequences, too few for {count} folds; "
            f"at most {KEY}: {different}.",
            KEY,
        )
    notes = [
        f"no validation part: trials are validated on {count} folds of the {len(keys):,} sequences "
        f"of train. A trial is {count + 1} networks, its metrics are means over the folds, and its "
        "model is trained on all. Scalers and alphabets are fitted on all folds"
    ]
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
    return tuple(folds), notes


def mean_scores(whole: Sequence[Score], folds: Sequence[Sequence[Score]]) -> list[Score]:
    """Baselines of the whole training part, with the means over the folds as their metrics of the
    validation part.

    Args:
        whole: Fitted on all folds.
        folds: Of each fold, fitted on the others.
    """
    means = []
    for number, one in enumerate(whole):
        of_folds: list[Mapping[str, float]] = [scores[number].metrics for scores in folds]
        names = [name for name in of_folds[0] if name.startswith("val_")]
        metrics = {name: float(np.mean([own[name] for own in of_folds])) for name in names}
        note = f"{one.note}; mean of {len(folds)} folds" if one.note else ""
        means.append(Score(one.name, {**metrics, **one.metrics}, note))
    return means
