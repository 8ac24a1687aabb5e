"""The answers of a model of arrays that it was surest of, and wrong."""

from __future__ import annotations

import numpy as np

from rnnsearch.figures.mistakes import Mistake, Mistakes, surest
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.given_arrays.data import ArraysData


def mistakes_of(
    data: ArraysData, part: Part, numbers: Ints, steps: Ints, guesses: Ints, likely: Floats
) -> Mistakes | None:
    """The surest mistakes of a part, one of each sequence at the most; None without a mistake.

    Args:
        numbers: Of the sequence of each answer, [answers].
        steps: The time step of each answer.
        guesses: The class that each answer names.
        likely: How likely the model held it.
    """
    truth = data.targets[part].values[data.targets[part].starts[numbers] + steps]
    wrong = guesses != truth
    order = np.argsort(-np.where(wrong & np.isfinite(likely), likely, -1.0), kind="stable")
    _, firsts = np.unique(numbers[order], return_index=True)
    kept = order[np.sort(firsts)]
    shown = [
        _mistake(
            data,
            part,
            int(numbers[at]),
            int(steps[at]),
            int(truth[at]),
            int(guesses[at]),
            float(likely[at]),
        )
        for at in kept[surest(wrong[kept], likely[kept])].tolist()
    ]
    return Mistakes(shown, int(wrong.sum()), data.columns) if shown else None


def _mistake(
    data: ArraysData, part: Part, number: int, step: int, truth: int, guess: int, chance: float
) -> Mistake:
    sequence = data.inputs[part][number]
    words, curve = f"sequence {number} of {part}", None
    if data.scaler is None:
        words = " ".join(map(str, sequence.tolist()))
    else:
        curve = data.scaler.undo(sequence)
    return Mistake(
        truth=data.classes[truth],
        guess=data.classes[guess],
        chance=chance,
        what=words,
        curve=curve,
        step=step if data.every else None,
    )
