"""How long a rollout stays valid, for baselines; the task computes the same of models in torch."""

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
        truth: The true points, [steps, starts, features].
        spread: Standard deviation of each feature on the training part, [features].

    Returns:
        [..., starts], from 0 to `steps`; the error of a step is the root of the mean over the
        features of the squared error in units of `spread`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.sqrt(np.mean(((closed - truth) / spread) ** 2, axis=-1))
    valid = np.logical_and.accumulate(error <= VALID_ERROR, axis=-2)
    return np.asarray(valid.sum(axis=-2), dtype=np.float64)
