"""The order in which sequences are trained on: shuffled passes over them, cut into epochs."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.streams import derive


def batch_problem(window: Window, sequences: int) -> str | None:
    """Why batches cannot be drawn without repetition from so many training sequences, or None."""
    if window.batch_size <= sequences:
        return None
    return (
        f"the training part holds {sequences} sequences, fewer than a batch of "
        f"{window.batch_size}; at most training.batch_size: {sequences}."
    )


def shuffled_batches(count: int, seed: int, epoch: int, window: Window) -> Ints:
    """Which of `count` sequences each batch of an epoch holds, int64 [training steps, B].

    A pass shows every sequence once in a new order, except for those of a last batch that would
    not be full. An epoch is one pass; with `steps_per_epoch` it takes that many training steps and
    the next epoch continues there. The result depends on the arguments alone, so that a trial can
    continue elsewhere.

    Args:
        count: Training sequences, at least `window.batch_size`.
        seed: That of the trial.
        epoch: Counted from 0.
    """
    in_pass = count // window.batch_size
    steps = window.steps_per_epoch or in_pass
    passes, places = np.divmod(epoch * steps + np.arange(steps), in_pass)
    batches = np.empty((steps, window.batch_size), dtype=np.int64)
    for number in np.unique(passes):
        generator = np.random.default_rng(derive(seed, "data", int(number)))
        order = generator.permutation(count)[: in_pass * window.batch_size]
        now = passes == number
        batches[now] = order.reshape(in_pass, -1)[places[now]]
    return batches
