"""Rivals of a recurrent model on waves: repeat the last point, and linear autoregression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.linear_ar import best_order, last_points, persistence
from rnnsearch.tasks.rollouts import Predict, baseline_rmse, baseline_rollout
from rnnsearch.tasks.sine.config import RolloutConfig, rollouts

Waves = Mapping[Part, Floats]
"""The waves of each part, [waves, time]."""

HIGHEST_ORDER = 10
"""Orders of the autoregression that are tried; a noise-free wave needs two."""


def baselines_of(waves: Waves, rollout: RolloutConfig) -> list[Score]:
    """Two baselines: repeating the last known point, and least-squares AR(p) with a constant.

    AR(p) is fitted one step ahead on the training waves. Lags before a wave's first point repeat
    that point, in the fit as in the scores, so that it starts from the same warm-up points as the
    models. The order is the one whose closed loop, over the longest horizon of the task, is best
    on the training waves.
    """
    shown = waves["train"][..., None]
    steps = range(1, shown.shape[1])
    longest = f"train_rollout_rmse_{max(rollout.steps)}"
    linear = best_order(
        np.concatenate([last_points(shown[:, :step], HIGHEST_ORDER) for step in steps]),
        np.concatenate([shown[:, step] for step in steps]),
        range(1, min(HIGHEST_ORDER, shown.shape[1] - 1) + 1),
        lambda one: _part_score(waves["train"], rollout, "train", one)[longest],
    )
    note = f"least squares on {linear.order} lags of the training waves, order by their closed loop"
    return [
        Score("persistence", _score(waves, rollout, persistence), "repeats the last point"),
        Score(f"AR({linear.order})", _score(waves, rollout, linear), note),
    ]


def _score(waves: Waves, rollout: RolloutConfig, predict: Predict) -> dict[str, float]:
    """The metrics of a baseline on the validation and the test part."""
    val = _part_score(waves["val"], rollout, "val", predict)
    return val | _part_score(waves["test"], rollout, "test", predict)


def _part_score(
    waves: Floats, rollout: RolloutConfig, part: Part, predict: Predict
) -> dict[str, float]:
    """The task's own metrics of a part for a baseline.

    Args:
        waves: [waves, time].
    """
    points = waves[..., None]
    steps = range(1, waves.shape[1])
    one_step = np.stack([predict(points[:, :step])[:, 0] - waves[:, step] for step in steps])
    metrics = {f"{part}_mse": float(np.mean(one_step**2))}
    for horizons, warmup, suffix in rollouts(rollout, part):
        # Of a wave shorter than its order an autoregression repeats the first point, so that point
        # must stay among those that it is given.
        most = max(warmup, HIGHEST_ORDER)
        closed = baseline_rollout(predict, points[:, :warmup], max(horizons), most)[..., 0]
        truth = waves[:, warmup : warmup + max(horizons)].T
        errors = np.asfortranarray(closed - truth)  # means add up wave by wave
        metrics |= baseline_rmse(part, errors, horizons, suffix)
    return metrics
