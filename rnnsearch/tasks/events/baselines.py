"""Baselines for a recurrent model of events: their frequencies, and a logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.logistic import fit_events
from rnnsearch.tasks.ragged import Ragged

Sequences = Mapping[Part, Ragged]

PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood."""
MOST_ITERATIONS = 60


def marginal(sequences: Sequences) -> Score:
    """Predict each event by its share of the training frames.

    Half a frame with the event and half a frame without are added, so that no share is 0 or 1.
    """
    _, after = _pairs(sequences["train"])
    rates = (after.sum(axis=0) + 0.5) / (len(after) + 1)
    logits = np.log(rates / (1 - rates))
    scores = _scores(sequences, lambda before: np.tile(logits, (len(before), 1)))
    return Score("marginal", scores, "how often each event happens in training")


def logistic(sequences: Sequences) -> Score:
    """Predict each event by a logistic regression on all events of the frame before.

    Fitted by L-BFGS on the training part, with a squared penalty on the weights; more iterations
    than `MOST_ITERATIONS` gain less than 0.02 nats a frame of chorales.
    """
    before, after = _pairs(sequences["train"])
    scores = _scores(sequences, fit_events(before, after, PENALTY, MOST_ITERATIONS).scores)
    return Score("logistic AR(1)", scores, "logistic regression on the frame before")


def _pairs(some: Ragged) -> tuple[Floats, Floats]:
    """All frames that another frame follows, and the frames that follow; [pairs, events] each."""
    whole = [some[at] for at in range(len(some))]
    before = np.concatenate([one[:-1] for one in whole])
    after = np.concatenate([one[1:] for one in whole])
    return before.astype(np.float64), after.astype(np.float64)


def _scores(sequences: Sequences, logits: Callable[[Floats], Floats]) -> dict[str, float]:
    """The task's metrics of the held-out parts, where `logits` predicts a frame by the one before.

    As in `EventsTask.evaluate`.
    """
    scores: dict[str, float] = {}
    for part, some in sequences.items():
        if part == "train":
            continue
        before, after = _pairs(some)
        outputs = logits(before)
        guessed, happened = outputs > 0, after > 0
        either = int((guessed | happened).sum())
        nll = np.logaddexp(0, outputs) - after * outputs
        scores[f"{part}_nll"] = float(nll.sum()) / len(after)
        scores[f"{part}_accuracy"] = int((guessed & happened).sum()) / max(either, 1)
    return scores
