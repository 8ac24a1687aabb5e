"""Baselines for a recurrent model of events: their frequencies, and a logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rnnsearch.tasks.answers import Answers, thinned
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.custom_metrics import Measure, RivalMeasure
from rnnsearch.tasks.logistic import fit_events, sigmoid
from rnnsearch.tasks.ragged import Ragged

Sequences = Mapping[Part, Ragged]

PENALTY = 1.0
"""Factor of half the squared weights beside the summed negative log-likelihood."""
MOST_ITERATIONS = 60


def marginal(sequences: Sequences, custom: Sequence[str] = ()) -> Score:
    """Predict each event by its share of the training frames.

    Half a frame with the event and half a frame without are added, so that no share is 0 or 1.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    _, after = _pairs(sequences["train"])
    rates = (after.sum(axis=0) + 0.5) / (len(after) + 1)
    logits = np.log(rates / (1 - rates))
    scores = _scores(sequences, lambda before: np.tile(logits, (len(before), 1)), measure)
    note = measure.note("how often each event happens in training")
    return Score("marginal", scores, note)


def logistic(sequences: Sequences, custom: Sequence[str] = ()) -> Score:
    """Predict each event by a logistic regression on all events of the frame before.

    Fitted by L-BFGS on the training part, with a squared penalty on the weights; more iterations
    than `MOST_ITERATIONS` gain less than 0.02 nats a frame of chorales.

    Args:
        custom: The custom metrics by which it is scored too.
    """
    measure = RivalMeasure(custom)
    before, after = _pairs(sequences["train"])
    model = fit_events(before, after, PENALTY, MOST_ITERATIONS)
    scores = _scores(sequences, model.scores, measure)
    return Score("logistic AR(1)", scores, measure.note("logistic regression on the frame before"))


def _pairs(some: Ragged) -> tuple[Floats, Floats]:
    """All frames that another frame follows, and the frames that follow; [pairs, events] each."""
    whole = [some[at] for at in range(len(some))]
    before = np.concatenate([one[:-1] for one in whole])
    after = np.concatenate([one[1:] for one in whole])
    return before.astype(np.float64), after.astype(np.float64)


def _scores(
    sequences: Sequences, logits: Callable[[Floats], Floats], measure: Measure
) -> dict[str, float]:
    """The metrics of the held-out parts, where `logits` predicts a frame by the one before.

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
        rows = thinned(np.arange(len(after)), after.shape[1])
        chances = sigmoid(outputs[rows])
        figures = measure(Answers(chances, after[rows].astype(np.int64)))
        scores |= {f"{part}_{name}": value for name, value in figures.items()}
    return scores
