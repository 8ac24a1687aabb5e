"""A made signal, its parts and their windows, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from rnnsearch.tasks.answers import Answers, kept, random_numbers, thinned
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.custom_metrics import Measure, custom_metrics
from rnnsearch.tasks.portrait import MOST_QUANTITIES, Portrait, Quantity, Stretch
from rnnsearch.tasks.rollouts import (
    Predict,
    baseline_measured,
    baseline_rmse,
    baseline_rollout,
    custom_rollout_metrics,
    rollout_metrics,
)
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.signals.baselines import signal_baselines
from rnnsearch.tasks.signals.config import SignalConfig
from rnnsearch.tasks.signals.scores import VALID_ERROR, valid_steps
from rnnsearch.tasks.splits import bounds_of


class SignalData:
    """A signal with every window and target of its parts.

    Attributes:
        times: [points], in the signal's units of time.
        values: [points, features], in the units of the signal.
        bounds: First and last-plus-one point of each part.
        scaler: Fitted on the training part.

    Raises:
        DataError: The config asks for a signal that cannot be made or cut.
    """

    symbolic = False
    losses: tuple[Loss, ...] = ("mse", "l1", "huber")
    quantiles: tuple[float, ...] = ()

    def __init__(self, config: SignalConfig) -> None:
        self.config = config
        self.times, self.values = config.generate()
        self.input_size = self.output_size = self.values.shape[1]
        self.feedback = config.horizon == 1 and config.predict == "every"
        self.whole_sequence = config.predict == "last"
        self.bounds = bounds_of(config.split, len(self.values))
        self.scaler = Scaler.fit(self.part("train"), config.scaler)

    def part(self, part: Part) -> Floats:
        """The points of a part, a view of `values` [points, features]."""
        start, end = self.bounds[part]
        return self.values[start:end]

    def starts(self, part: Part) -> Ints:
        """First points of the windows whose target lies in the part too."""
        start, end = self.bounds[part]
        reach = self.config.window + self.config.horizon - 1
        return np.arange(start, end - reach, dtype=np.int64)

    def windows(self, part: Part) -> tuple[Floats, Floats]:
        """Every window [windows, time, features] of a part and its target [windows, features]."""
        at = self.starts(part)
        last = at + self.config.window - 1
        points = at[:, None] + np.arange(self.config.window)
        return self.values[points], self.values[last + self.config.horizon]

    def loop_starts(self, part: Part) -> Ints:
        """First points of the windows that rollouts go on from; at most `rollout.starts`."""
        start, end = self.bounds[part]
        last = end - self.config.window - max(self.config.rollout.steps)
        return np.unique(
            np.linspace(start, last, self.config.rollout.starts).round().astype(np.int64)
        )

    def loops(self, part: Part) -> tuple[Floats, Floats]:
        """The windows that rollouts go on from, and what follows them.

        Returns:
            Windows [starts, window, features], and the truth [steps, starts, features].
        """
        at, window = self.loop_starts(part), self.config.window
        after = at + window + np.arange(max(self.config.rollout.steps))[:, None]
        return self.values[at[:, None] + np.arange(window)], self.values[after]

    def end(self) -> tuple[Floats, Floats]:
        """Times and values of the signal's last points; see `points.Ended`.

        A rollout goes on from a window, as it is scored; a prediction further ahead needs one for
        each point.
        """
        last = self.config.window + self.config.horizon - 1
        return self.times[-last:], self.values[-last:]

    def feature_names(self) -> Sequence[str]:
        """The features of the signal; an only one is its `value`."""
        return [name or "value" for name in self.config.features]

    def spread(self) -> Floats:
        """Standard deviation of each feature on the training part, [features]."""
        return np.asarray(self.part("train").std(axis=0), dtype=np.float64)

    def rows(self) -> dict[Part, int]:
        """How many points each part has."""
        return {part: end - start for part, (start, end) in self.bounds.items()}

    def sha256(self) -> str:
        """Hash of the points, little-endian float64."""
        return sha256(self.values.astype("<f8").tobytes()).hexdigest()

    def notes(self) -> Sequence[str]:
        """A line on the error that no model can beat, where the signal has noise."""
        noise = getattr(self.config, "noise", 0.0)
        if not noise:
            return []
        return [
            f"the noise alone has a mean square of {noise**2:.4g}: no model can have a lower "
            "val_mse but by chance"
        ]

    def metrics(self) -> Sequence[Metric]:
        """The error at the horizon first, then the closed loop."""
        config, unit = self.config, "units of the signal"
        ahead = "one point" if config.horizon == 1 else f"{config.horizon} points"
        about = f"{ahead} ahead, from the {config.window} points before"
        squared = f"mean squared error {about}"
        metrics = [
            Metric("val_mse", f"squared {unit}", "minimize", squared, loss=True),
            Metric("val_mae", unit, "minimize", f"mean absolute error {about}"),
        ]
        if config.horizon > 1:
            about += kept(len(self.starts("val")), self.output_size, "windows")
            return [*metrics, *custom_metrics(config.metrics, metrics, about)]
        metrics += rollout_metrics(config.rollout.steps, unit, config.window)
        if config.lyapunov_times is not None:
            valid = (
                "mean time on its own predictions until the normalised error passes "
                f"{VALID_ERROR}, of at most {max(config.rollout.steps) * config.lyapunov_times:.2g}"
            )
            metrics.append(Metric("val_valid_time", "Lyapunov times", "maximize", valid))
        return [*metrics, *custom_rollout_metrics(config.metrics, metrics, config.rollout.steps)]

    def measured_starts(self, part: Part) -> Ints:
        """First points of the windows whose predictions custom metrics are given; with a horizon
        of 1 these are given closed loops instead."""
        return thinned(self.starts(part), self.output_size)

    def example_answers(self, draw: np.random.Generator, count: int) -> Answers:
        """Closed loops [count, steps, features]; with a horizon above 1 the predicted points, one
        step each."""
        steps = max(self.config.rollout.steps) if self.config.horizon == 1 else 1
        return random_numbers(draw, (count, steps, self.output_size))

    def seq_len(self, window: Window) -> int:
        """Time steps of a training sequence: the points of a window."""
        return window.seq_len or self.config.window

    def window_problem(self, window: Window) -> str | None:
        """Why the training part has no batch of windows as a trial asks for them, or None."""
        length = self.config.window
        if window.seq_len not in (None, length):
            return (
                f"a training sequence is a window of {length} points (task.window), not "
                f"{window.seq_len}; leave training.seq_len out."
            )
        count = len(self.starts("train"))
        if window.batch_size > count:
            return (
                f"the training part holds {count} windows, fewer than the batch of "
                f"{window.batch_size}; at most training.batch_size: {count}."
            )
        return None

    def baselines(self) -> Sequence[Score]:
        """The mean, persistence, and a linear autoregression fitted on the training part."""
        parts: tuple[Part, ...] = ("train", "val", "test")
        return signal_baselines(
            {part: self.windows(part) for part in parts}, self._score, self.config.metrics
        )

    def portrait(self) -> Portrait:
        """Each feature over time."""
        return Portrait(
            quantities=[
                Quantity(
                    name,
                    "time",
                    [
                        Stretch(part, self.times[lo:hi], self.values[lo:hi, at])
                        for part, (lo, hi) in self.bounds.items()
                    ],
                )
                for at, name in enumerate(self.feature_names()[:MOST_QUANTITIES])
            ]
        )

    def manifest(self) -> dict[str, Any]:
        """What turns points into a prediction: their scale and spacing, and how far ahead it is."""
        return {
            "task": self.config.type,
            "spacing": float(self.times[1] - self.times[0]),
            "window": self.config.window if self.config.predict == "last" else None,
            "horizon": self.config.horizon,
            "head": self.config.predict,
            "scaler": self.scaler.to_json(),
        }

    def _score(self, part: Part, predict: Predict, measure: Measure) -> dict[str, float]:
        """The task's metrics of a part for a baseline, and the custom ones."""
        windows, targets = self.windows(part)
        predicted = predict(windows)
        error = predicted - targets
        metrics = {
            f"{part}_mse": float(np.mean(error**2)),
            f"{part}_mae": float(np.mean(np.abs(error))),
        }
        if self.config.horizon > 1:
            some = self.measured_starts(part) - self.bounds[part][0]
            return metrics | baseline_measured(
                measure, part, predicted[some][None], targets[some][None]
            )
        known, truth = self.loops(part)
        # The closed loop of an unstable autoregression grows beyond all bounds; the limit keeps
        # its errors finite.
        limit = 1e6 * (1 + np.abs(self.values).max())
        closed = baseline_rollout(predict, known, len(truth), self.config.window, limit)
        metrics |= baseline_rmse(part, closed - truth, self.config.rollout.steps)
        metrics |= baseline_measured(measure, part, closed, truth)
        if self.config.lyapunov_times is not None:
            steps = valid_steps(closed, truth, self.spread())
            metrics[f"{part}_valid_time"] = float(steps.mean()) * self.config.lyapunov_times
        return metrics
