"""Rivals of a recurrent model on waves: repeat the last point, and linear autoregression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.sine.config import RolloutConfig, rollouts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Waves = Mapping[Part, Floats]

HIGHEST_ORDER = 10
"""Orders of the autoregression that are tried; a noise-free wave needs two."""


def persistence(waves: Waves, rollout: RolloutConfig) -> Score:
    """Every prediction is the last known point."""
    metrics = _score(waves, rollout, lambda history: history[:, -1])
    return Score("persistence", metrics, "repeats the last point")


def autoregression(waves: Waves, rollout: RolloutConfig) -> Score:
    """Least-squares AR(p) with a constant, fitted one step ahead on the training waves.

    Lags before a wave's first point repeat that point, in the fit as in the scores, so that it
    starts from the same warm-up points as the models. The order is the one whose closed loop, over
    the longest horizon of the task, is best on the training waves.
    """
    shown = waves["train"]
    longest = f"train_rollout_rmse_{max(rollout.steps)}"
    best: tuple[float, int, Callable[[Floats], Floats]] | None = None
    for order in range(1, min(HIGHEST_ORDER, shown.shape[1] - 1) + 1):
        predict = _fitted(shown, order)
        error = _part_score(shown, rollout, "train", predict)[longest]
        if best is None or error < best[0]:
            best = error, order, predict
    assert best is not None  # a wave has at least three points
    _, order, predict = best
    note = f"least squares on {order} lags of the training waves, order by their closed loop"
    return Score(f"AR({order})", _score(waves, rollout, predict), note)


def _fitted(waves: Floats, order: int) -> Callable[[Floats], Floats]:
    """The one-step prediction [waves] from a history [waves, time] of at least one point."""
    steps = range(1, waves.shape[1])
    design = np.concatenate([_lags(waves[:, :step], order) for step in steps])
    target = np.concatenate([waves[:, step] for step in steps])
    weights = np.linalg.lstsq(design, target, rcond=None)[0]
    return lambda history: _lags(history, order) @ weights


def _lags(history: Floats, order: int) -> Floats:
    """The last `order` points, newest last, missing ones repeated, and a constant."""
    missing = max(order - history.shape[1], 0)
    padded = np.concatenate([np.repeat(history[:, :1], missing, axis=1), history], axis=1)
    return np.concatenate([padded[:, -order:], np.ones((len(history), 1))], axis=1)


def _score(
    waves: Waves, rollout: RolloutConfig, predict: Callable[[Floats], Floats]
) -> dict[str, float]:
    val = _part_score(waves["val"], rollout, "val", predict)
    return val | _part_score(waves["test"], rollout, "test", predict)


def _part_score(
    waves: Floats, rollout: RolloutConfig, part: Part, predict: Callable[[Floats], Floats]
) -> dict[str, float]:
    """The task's own metrics of a part, for a function from a history to the next point."""
    one_step = np.stack(
        [predict(waves[:, :step]) - waves[:, step] for step in range(1, waves.shape[1])]
    )
    found = {f"{part}_mse": float(np.mean(one_step**2))}
    for horizons, warmup, suffix in rollouts(rollout, part):
        history = waves[:, :warmup]
        with np.errstate(over="ignore", invalid="ignore"):  # an unstable order may run away
            for _ in range(max(horizons)):
                history = np.concatenate([history, predict(history)[:, None]], axis=1)
            for horizon in horizons:
                reached = slice(warmup, warmup + horizon)
                square = (history[:, reached] - waves[:, reached]) ** 2
                rmse = float(np.sqrt(np.mean(square)))
                found[f"{part}_rollout_rmse_{horizon}{suffix}"] = rmse
    return found
