"""The waves of the sine task, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from rnnsearch.tasks.answers import Answers, random_numbers
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.portrait import Portrait, Quantity, Stretch
from rnnsearch.tasks.rollouts import custom_rollout_metrics, rollout_metrics
from rnnsearch.tasks.sine.baselines import baselines_of
from rnnsearch.tasks.sine.config import SineConfig


class SineData:
    """The waves of every part, one row for each start.

    Attributes:
        waves: Float64 [starts, num_points] of each part.

    Raises:
        DataError: The config asks for waves that cannot be made.
    """

    input_size = 1
    output_size = 1
    symbolic = False
    losses: tuple[Loss, ...] = ("mse", "l1", "huber")
    quantiles: tuple[float, ...] = ()
    feedback = True
    whole_sequence = False

    def __init__(self, config: SineConfig) -> None:
        self.config = config
        self.waves: dict[Part, Floats] = {
            "train": _waves(config, config.starts),
            "val": _waves(config, config.val_starts),
            "test": _waves(config, config.test_starts),
        }

    def rows(self) -> dict[Part, int]:
        """How many points each part has."""
        return {part: waves.size for part, waves in self.waves.items()}

    def sha256(self) -> str:
        """Hash of the points of all parts, little-endian float64."""
        digest = sha256()
        for waves in self.waves.values():
            digest.update(waves.astype("<f8").tobytes())
        return digest.hexdigest()

    def notes(self) -> Sequence[str]:
        """Held-out starts that training shows too, so that their metrics tell nothing new."""
        config = self.config
        notes = []
        for key, starts in (("val_starts", config.val_starts), ("test_starts", config.test_starts)):
            shown = sorted(set(starts) & set(config.starts))
            if shown:
                notes.append(f"{key} {', '.join(map(str, shown))} are training starts too")
        return notes

    def metrics(self) -> Sequence[Metric]:
        """One-step error first, then the closed-loop errors by horizon."""
        rollout, unit = self.config.rollout, "units of the wave"
        one_step = "mean squared error one step ahead, true points as input"
        own = [
            Metric("val_mse", f"squared {unit}", "minimize", one_step, loss=True),
            *rollout_metrics(rollout.steps, unit, rollout.warmup_steps),
        ]
        return [*own, *custom_rollout_metrics(self.config.metrics, own, rollout.steps)]

    def example_answers(self, draw: np.random.Generator, count: int) -> Answers:
        """Closed loops [count, steps, 1]."""
        return random_numbers(draw, (count, max(self.config.rollout.steps), 1))

    def seq_len(self, window: Window) -> int:
        """Time steps of a training sequence: every point but the last predicts the next one."""
        return window.seq_len or self.config.num_points - 1

    def window_problem(self, window: Window) -> str | None:
        """Why sequences cannot have another length than a whole wave, or None."""
        whole = self.config.num_points - 1
        if window.seq_len is None or window.seq_len == whole:
            return None
        return (
            f"a training sequence is a whole wave of {whole} steps (num_points - 1), "
            f"not {window.seq_len}; leave training.seq_len out."
        )

    def baselines(self) -> Sequence[Score]:
        """Persistence, and a linear autoregression fitted on the training waves."""
        return baselines_of(self.waves, self.config.rollout, self.config.metrics)

    def end(self) -> tuple[Floats, Floats]:
        """The first validation wave, times and values; see `points.Ended`."""
        return times(self.config, self.config.val_starts[0]), self.waves["val"][0][:, None]

    def feature_names(self) -> Sequence[str]:
        """The wave's `value`."""
        return ["value"]

    def portrait(self) -> Portrait:
        """The waves of every part."""
        config = self.config
        starts = {"train": config.starts, "val": config.val_starts, "test": config.test_starts}
        waves = [
            Stretch(part, times(config, start), wave)
            for part, some in self.waves.items()
            for start, wave in zip(starts[part], some, strict=True)
        ]
        return Portrait(quantities=[Quantity("value", "time (radians)", waves)])

    def manifest(self) -> dict[str, Any]:
        """The spacing of the points, which a trained model takes for granted, and how waves were
        made."""
        config = self.config
        return {
            "task": "sine",
            "num_points": config.num_points,
            "duration": config.duration,
            "spacing": config.duration / (config.num_points - 1),
            "starts": list(config.starts),
        }


def times(config: SineConfig, start: float) -> Floats:
    """Where the points of a wave lie, in radians; [num_points]."""
    return np.linspace(start, start + config.duration, config.num_points)


def _waves(config: SineConfig, starts: Sequence[float]) -> Floats:
    """The waves that begin at some starts, [starts, num_points]."""
    return np.sin(np.stack([times(config, start) for start in starts]))
