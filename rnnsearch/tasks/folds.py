"""Folds: training sequences that are validated on in turn, where they are too few for a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, runtime_checkable

import numpy as np

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import TaskData
from rnnsearch.vocabulary import NeverSampled, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationConfig:
    """How trials are validated: on a part of the data, or on all of it in turn."""

    folds: Annotated[
        int,
        "0 validates on the validation part. From 2 on the training and validation parts together "
        "are cut into so many folds: a trial is a network for each, trained on the others; its "
        "metrics are the means over the folds. Its model is one more network, which is trained on "
        "all of them, to the median of the folds' best epochs.",
        Range(0, 100, unit="folds"),
        NeverSampled("trials are compared on the same folds"),
    ] = 0


def folds_problems(config: ValidationConfig) -> list[tuple[str, str]]:
    """What is wrong with a config, in pairs as `Family.wrong` gives them."""
    if config.folds != 1:
        return []
    return [("validation.folds", "must be 0 for none, or at least 2: one leaves nothing to train.")]


@runtime_checkable
class Folded(Protocol):
    """A `TaskData` whose training part may be cut into folds.

    Then there is no validation part, and metrics of it are means over the folds.

    """

    @property
    def folds(self) -> int:
        """How many there are; 0 where the validation part is a part."""
        ...

    def fold(self, number: int) -> tuple[TaskData, Ints]:
        """Data of the same sizes, with one fold as its validation part and all others as its
        training part; and which training sequences of the whole the latter are, int64."""
        ...


def folds_of(data: TaskData) -> int:
    """How many folds the data of a task has; 0 where the validation part is a part."""
    return data.folds if isinstance(data, Folded) else 0


def in_folds(task: Mapping[str, Any]) -> bool:
    """Whether a model of a task is trained on all folds, by the task's config as JSON values."""
    validation = task.get("validation")
    return isinstance(validation, Mapping) and validation.get("folds", 0) > 1


def networks_of(data: TaskData) -> int:
    """How many networks a trial on such data is: one, or one for each fold and one for all."""
    folds = folds_of(data)
    return folds + 1 if folds else 1


def drawn_folds(keys: Sequence[Any], classes: Ints, folds: int, seed: int) -> list[Ints]:
    """Deal sequences to folds at random, each class as evenly as it goes.

    Equal sequences are in one fold, whose class is that of the first of them.

    Args:
        keys: A value for each sequence, equal where sequences are equal.
        classes: The number of the class of each; all alike where there are none.

    Returns:
        The numbers of the sequences of each fold, ascending; some are empty where there are fewer
        different sequences than folds.
    """
    groups: dict[Any, list[int]] = {}
    for number, key in enumerate(keys):
        groups.setdefault(key, []).append(number)
    draw = np.random.default_rng(seed)
    shuffled = [list(groups.values())[at] for at in draw.permutation(len(groups)).tolist()]
    shuffled.sort(key=lambda group: int(classes[group[0]]))  # a stable sort: still shuffled inside
    dealt: list[list[int]] = [[] for _ in range(folds)]
    for place, group in enumerate(shuffled):  # each class goes on where the one before it ended
        dealt[place % folds] += group
    return [np.array(sorted(some), dtype=np.int64) for some in dealt]
