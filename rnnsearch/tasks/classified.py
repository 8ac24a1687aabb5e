"""What a trained classifier answers."""

from __future__ import annotations

from dataclasses import dataclass

from rnnsearch.tasks.arrays import Floats


@dataclass(frozen=True, slots=True)
class Classified:
    """The labels that a model gives to sequences.

    Attributes:
        labels: The likeliest class of each sequence.
        probabilities: Float64 [sequences, classes], in the order of `classes`.
        classes: The names of the classes.
    """

    labels: tuple[str, ...]
    probabilities: Floats
    classes: tuple[str, ...]
