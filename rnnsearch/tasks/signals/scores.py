"""Figures of predictions on a signal, for baselines; models compute the same in torch."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.arrays import Floats

VALID_ERROR = 0.4
"""Normalised error up to which a rollout of a chaotic system counts as valid.

Source: Vlachas et al., Backpropagation algorithms and reservoir computing in recurrent neural
networks for the forecasting of complex spatiotemporal dynamics, Neural Networks 126 (2020), whose
threshold is 0.5; 0.4 is that of Pathak et al., Physical Review Letters 120 (2018)."""


def valid_steps(closed: Floats, truth: Floats, spread: Floats) -> Floats:
    """Steps before the normalised error first passes `VALID_ERROR`, of each rollout.

    Args:
        closed: Rollouts [..., steps, starts, features].
        truth: [steps, starts, features].
        spread: Standard deviation of each feature on the training part, [features].

    Returns:
        [..., starts], from 0 to `steps`; the error of a step is the root of the mean over the
        features of the squared error in units of `spread`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.sqrt(np.mean(((closed - truth) / spread) ** 2, axis=-1))
    wrong = ~(error <= VALID_ERROR)  # NaN is wrong
    first = np.argmax(wrong, axis=-2)
    steps = np.where(wrong.any(axis=-2), first, closed.shape[-3])
    return np.asarray(steps, dtype=np.float64)
