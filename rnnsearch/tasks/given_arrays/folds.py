"""The folds of arrays: equal sequences in one, and classes spread over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.folds import class_notes, cut_in_folds
from rnnsearch.tasks.given_arrays.drawn_parts import SEED
from rnnsearch.tasks.given_arrays.source import Sequences
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.streams import derive


def with_val(
    read: Mapping[Part, Sequences], answers: Mapping[Part, Ragged]
) -> tuple[dict[Part, Sequences], dict[Part, Ragged]]:
    """Inputs and targets whose training part holds the validation part too."""
    inputs: dict[Part, Sequences] = {
        "train": Sequences(read["train"].values.then(read["val"].values), None)
    }
    targets: dict[Part, Ragged] = {"train": answers["train"].then(answers["val"])}
    if "test" in read:
        inputs["test"], targets["test"] = read["test"], answers["test"]
    return inputs, targets


def folds_of_arrays(
    count: int, inputs: Ragged, answers: Ragged, classes: Sequence[str]
) -> tuple[tuple[Ints, ...], list[str]]:
    """The numbers of the sequences of each fold, and sentences about them.

    Args:
        inputs: Those of the training part.
        answers: Their targets; class numbers where there are `classes`.

    Raises:
        DataError: There are fewer different sequences than folds, or one fold has all of a class.
    """
    keys = [inputs[at].tobytes() for at in range(len(inputs))]
    single = bool(classes) and len(answers.values) == len(answers)
    kinds = answers.values if single else np.zeros(len(inputs), dtype=np.int64)
    folds, notes = cut_in_folds(keys, kinds, count, derive(SEED, "folds"))
    notes.append(
        "scalers are fitted on all folds; where neighbours overlap, as windows of one series do, a "
        "fold is judged by what the others show, so give a validation part instead"
    )
    return folds, notes + (class_notes(folds, kinds, classes) if single else [])
