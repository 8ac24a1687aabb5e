"""Rivals of a recurrent model on waves: repeat the last point, and linear autoregression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.custom_metrics import Measure, RivalMeasure
from rnnsearch.tasks.linear_ar import best_order, last_points, persistence
from rnnsearch.tasks.rollouts import (
    Predict,
    baseline_measured,
    baseline_rmse,
    baseline_rollout,
)
from rnnsearch.tasks.sine.config import RolloutConfig, rollouts

Waves = Mapping[Part, Floats]
"""The waves of each part, [waves, time]."""

HIGHEST_ORDER = 10
"""Orders of the autoregression that are tried; a noise-free wave needs two."""


def baselines_of(waves: Waves, rollout: RolloutConfig, custom: Sequence[str] = ()) -> list[Score]:
    """Two baselines: repeating the last known point, and least-squares AR(p) with a constant.

    AR(p) is fitted one step ahead on the training waves. Lags before a wave's first point repeat
    that point, in the fit as in the scores, so that it starts from the same warm-up points as the
    models. The order is the one whose closed loop, over the longest horizon of the task, is best
    on the training waves.

    Args:
        custom: The custom metrics by which they are scored too.
    """
    shown = waves["train"][..., None]
    steps = range(1, shown.shape[1])
    longest = f"train_rollout_rmse_{max(rollout.steps)}"
    linear = best_order(
        np.concatenate([last_points(shown[:, :step], HIGHEST_ORDER) for step in steps]),
        np.concatenate([shown[:, step] for step in steps]),
        range(1, min(HIGHEST_ORDER, shown.shape[1] - 1) + 1),
        lambda one: _part_score(waves["train"], rollout, "train", one, RivalMeasure(()))[longest],
    )
    note = f"least squares on {linear.order} lags of the training waves, order by their closed loop"
    rivals: list[tuple[str, Predict, str]] = [
        ("persistence", persistence, "repeats the last point"),
        (f"AR({linear.order})", linear, note),
    ]
    scores = []
    for name, predict, how in rivals:
        measure = RivalMeasure(custom)
        metrics = _part_score(waves["val"], rollout, "val", predict, measure)
        metrics |= _part_score(waves["test"], rollout, "test", predict, measure)
        scores.append(Score(name, metrics, measure.note(how)))
    return scores


def _part_score(
    waves: Floats, rollout: RolloutConfig, part: Part, predict: Predict, measure: Measure
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
        closed = baseline_rollout(predict, points[:, :warmup], max(horizons), most)
        truth = waves[:, warmup : warmup + max(horizons)].T
        errors = np.asfortranarray(closed[..., 0] - truth)  # means add up wave by wave
        metrics |= baseline_rmse(part, errors, horizons, suffix)
        metrics |= baseline_measured(measure, part, closed, truth[..., None], suffix)
    return metrics
