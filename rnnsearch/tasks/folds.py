"""Folds: training sequences that are validated on in turn, where they are too few for a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, Self, runtime_checkable

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Metric, Part, Score, TaskData
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.vocabulary import NeverSampled, Range

KEY = "task.validation.folds"


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

    def fold(self, number: int) -> tuple[TaskData, Ints | None]:
        """Data of the same sizes, with one fold as its validation part and all others as its
        training part; and which training sequences of the whole the latter are, int64, or None
        where an epoch's index numbers them as in the whole."""
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


def cut_in_folds(
    keys: Sequence[Any],
    classes: Ints,
    count: int,
    seed: int,
    things: str = "different sequences",
) -> tuple[tuple[Ints, ...], list[str]]:
    """Folds as `drawn_folds` draws them, and a sentence about them.

    Args:
        things: What has a key of its own, in words.

    Raises:
        DataError: There are fewer of these than folds.
    """
    folds = drawn_folds(keys, classes, count, seed)
    if min(map(len, folds)) == 0:
        different = len(set(keys))
        raise DataError(
            f"the training part holds {different} {things}, too few for {count} folds; "
            f"at most {KEY}: {different}.",
            KEY,
        )
    note = (
        f"no validation part: trials are validated on {count} folds of the {len(keys):,} sequences "
        f"of train. A trial is {count + 1} networks, its metrics are means over the folds, and its "
        "model is trained on all"
    )
    return tuple(folds), [note]


def class_notes(folds: Sequence[Ints], labels: Ints, classes: Sequence[str]) -> list[str]:
    """Sentences on classes that some folds lack.

    Args:
        labels: The number of the class of each sequence.
        classes: The names of the classes.

    Raises:
        DataError: All sequences of a class are in one fold.
    """
    held = np.array([np.bincount(labels[fold], minlength=len(classes)) for fold in folds])
    for number, name in enumerate(classes):
        within, whole = held[:, number], int(held[:, number].sum())
        if whole and within.max() == whole:
            raise DataError(
                f"all {whole} sequences of the class {name!r} are in one fold, so that its network "
                "would not learn the class. Give it more different ones, or take the class out.",
                KEY,
            )
    stands = (held > 0).sum(axis=0)
    rare = [name for number, name in enumerate(classes) if 0 < stands[number] < len(folds)]
    if not rare:
        return []
    return [
        f"{', '.join(rare)}: fewer sequences than folds; a fold without a class counts its F1 as 0"
    ]


def without_val(split: SplitConfig) -> SplitConfig:
    """The split whose training part holds the validation part too."""
    return SplitConfig(train=split.train + split.val, val=0.0, test=split.test)


class InFolds:
    """Data whose training part may be cut into folds, as far as that is the same for all tasks.

    Attributes:
        fold_numbers: The numbers of the training sequences of each fold; empty without folds.
    """

    fold_numbers: tuple[Ints, ...]

    @property
    def folds(self) -> int:
        """See `Folded.folds`."""
        return len(self.fold_numbers)

    @property
    def largest_fold(self) -> int:
        """Sequences of the largest fold; 0 without folds."""
        return max(map(len, self.fold_numbers), default=0)

    def fold(self, number: int) -> tuple[Self, Ints]:
        """See `Folded.fold`."""
        held = self.fold_numbers[number]
        rest = np.setdiff1d(np.concatenate(self.fold_numbers), held)
        return self.parted({"train": rest, "val": held}), rest

    def parted(self, numbers: Mapping[Part, Ints]) -> Self:
        """The same data with parts out of its training sequences, without folds."""
        raise NotImplementedError

    def rivals(self) -> Sequence[Score]:
        """Simple rivals of a network, fitted on the training part and scored on the others."""
        raise NotImplementedError

    def metrics(self) -> Sequence[Metric]:
        """See `TaskData.metrics`."""
        raise NotImplementedError

    def baselines(self) -> Sequence[Score]:
        """The rivals; with folds their metrics of the validation part are means over the folds."""
        if not self.folds:
            return self.rivals()
        folds = [self.fold(number)[0].rivals() for number in range(self.folds)]
        return mean_scores(self.rivals(), folds, self.metrics())


def mean_scores(
    whole: Sequence[Score], folds: Sequence[Sequence[Score]], metrics: Sequence[Metric]
) -> list[Score]:
    """Baselines of the whole training part, with the means over the folds as their metrics of the
    validation part.

    Args:
        whole: Fitted on all folds.
        folds: Of each fold, fitted on the others.
        metrics: Those of the validation part.
    """
    means, announced = [], [metric.name for metric in metrics]
    for number, one in enumerate(whole):
        of_folds: list[Mapping[str, float]] = [scores[number].metrics for scores in folds]
        names = [name for name in announced if all(name in own for own in of_folds)]
        means_of = {name: float(np.mean([own[name] for own in of_folds])) for name in names}
        note = f"{one.note}; mean of {len(folds)} folds" if one.note else ""
        if lacking := [name for name in announced if name not in names]:
            note += f"; without {', '.join(lacking)}, which not every fold has"
        means.append(Score(one.name, {**means_of, **one.metrics}, note))
    return means
