"""Closed loops: networks that predict on from their own outputs."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnsearch.tasks.base import Predictor, State


def closed_loop_rollout(predictor: Predictor, inputs: Tensor, state: State, steps: int) -> Tensor:
    """`Predictor.rollout` by one call a time step, which every predictor can do."""
    predictions: list[Tensor] = []
    fed = inputs.contiguous()
    for _ in range(steps):
        outputs, state = predictor(fed, state)
        fed = outputs[:, -1:].contiguous()
        predictions.append(fed)
    return torch.cat(predictions, dim=1)


@torch.no_grad()
def continuation(predictor: Predictor, history: Tensor, steps: int, window: int | None) -> Tensor:
    """Predict on from known points by feeding a model its own predictions, in its scaled units.

    Args:
        predictor: The networks, of a task whose outputs are the next point.
        history: Known points [1, T, B, F], at least one.
        steps: Points to predict, at least 1.
        window: A model that answers at the end of a window has seen nothing but windows from the
            zero state, so the last `window` points are read again for each prediction. None, for
            a model that answers at every step: the state goes on.

    Returns:
        [K, steps, B, F].
    """
    if window is None:
        return predictor.rollout(history, None, steps)
    predictions: list[Tensor] = []
    fed = history[:, -window:]
    for _ in range(steps):
        outputs, _ = predictor(fed.contiguous(), None)
        predictions.append(outputs[:, -1:])
        known = fed.expand(predictor.size, *fed.shape[1:])
        fed = torch.cat([known, predictions[-1]], dim=1)[:, -window:]
    return torch.cat(predictions, dim=1)
