"""Classes: how many answers each has and weighs, and how well a classifier does."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Protocol, cast, runtime_checkable

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import TaskData
from rnnsearch.vocabulary import NamedNumbers

MOST_LISTED = 12
"""Names of classes that a message lists at most."""

NO_CLASSES = "has not one class for each answer, which alone can be weighted"
"""Why a task's classes cannot be weighted, as words that follow its name."""


@runtime_checkable
class Classes(Protocol):
    """A `TaskData` that may have one class for each answer, so that classes can be weighted."""

    def class_counts(self) -> Sequence[int]:
        """How many answers of the training part each class has, by its number; empty where answers
        are no classes."""
        ...


def class_counts_of(data: TaskData) -> Sequence[int]:
    """See `Classes.class_counts`; empty for data that has none."""
    return data.class_counts() if isinstance(data, Classes) else ()


def balanced(counts: Sequence[int]) -> tuple[float, ...]:
    """Weights of classes with which each has the same share of the loss; their mean over all
    answers is 1.

    Args:
        counts: The answers of each class in the training part.

    Returns:
        answers / (classes * answers of the class) for each class that occurs, 0 for others.
    """
    there = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (there * count) if count else 0.0 for count in counts)


def weights_of(given: str | NamedNumbers, data: TaskData) -> tuple[float, ...]:
    """The weights of classes that a training asks for; their mean over all answers is 1.

    Args:
        given: `balanced`, or the weights of some classes by name.

    Returns:
        A weight for each class; none where answers are no classes.
    """
    counts = class_counts_of(data)
    if given == "balanced" or not counts:
        return balanced(counts)
    named = dict(cast("NamedNumbers", given))
    weights = [named.get(name, 1.0) for name in class_names_of(data)]
    mean = sum(map(operator.mul, weights, counts)) / sum(counts)
    return tuple(weight / mean for weight in weights)


def class_names_of(data: TaskData) -> Sequence[str]:
    """The names of the classes by their numbers; empty for data whose classes have none."""
    names: Sequence[str] = getattr(data, "classes", ())
    return names


def weights_problem(given: NamedNumbers, data: TaskData) -> str:
    """What is wrong with the weights of some classes by name, as words behind the key; empty for
    nothing."""
    names, counts = class_names_of(data), class_counts_of(data)
    listed = ", ".join(names[:MOST_LISTED]) + (", ..." if len(names) > MOST_LISTED else "")
    if strange := [name for name, _ in given if name not in names]:
        return f"names {strange[0]!r}, which is no class; classes are {listed or 'without names'}."
    if wrong := [name for name, weight in given if not 0 <= weight < math.inf]:
        return f"weighs {wrong[0]!r} with a number below 0; weights are at least 0."
    if not sum(map(operator.mul, (dict(given).get(name, 1.0) for name in names), counts)):
        return "weighs every training answer with 0, and nothing is left to learn."
    return ""


def confusion(truth: Ints, guesses: Ints, classes: int) -> Ints:
    """The confusion matrix: counts [class, guessed class] of sequences [N]."""
    pairs = truth * classes + guesses
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def measures(counts: Ints, names: Sequence[str] = ()) -> dict[str, float]:
    """Accuracy and macro-F1 of a confusion matrix, and the F1 of each class that has a name.

    Macro-F1 is the mean over the classes of 2 hits / (sequences + guesses), which is 0 for a
    class that is never guessed right: a rare class weighs as much as a frequent one.

    Args:
        counts: [class, guessed class].
        names: What the F1 of each class is called; empty for nothing.
    """
    hits, rows, columns = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    f1 = 2 * hits / np.maximum(rows + columns, 1)
    each = dict(zip(names, f1.tolist(), strict=True)) if names else {}
    accuracy = float(hits.sum() / max(int(counts.sum()), 1))
    return {"accuracy": accuracy, "macro_f1": float(f1.mean()), **each}


def scores(truth: Ints, logs: Floats, names: Sequence[str] = ()) -> dict[str, float]:
    """What `measures` gives, and the mean negative log-likelihood in nats.

    Args:
        truth: The number of each answer's class, [N].
        logs: Log-probabilities, [N, classes].
    """
    shares = measures(confusion(truth, logs.argmax(axis=1), logs.shape[1]), names)
    return {**shares, "nats": float(-logs[np.arange(len(truth)), truth].mean())}
