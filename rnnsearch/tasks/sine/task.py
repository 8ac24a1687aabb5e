"""The sine task on a device: whole waves to train on, one-step and closed-loop errors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rnnsearch.errors import HorizonError
from rnnsearch.figures.figure import Figure, closed_loop_figures
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.rollouts import rollout_measured, rollout_rmse
from rnnsearch.tasks.sine.config import SineConfig, rollouts
from rnnsearch.tasks.sine.data import SineData, times
from rnnsearch.tasks.streams import derive
from rnnsearch.tasks.sums import row_sums

STEPS_PER_EPOCH = 100
"""Training steps of an epoch where the trial does not say; a wave has no natural epoch."""


class SineTask:
    """Predict each point of a wave from the points before it.

    A training sequence is one whole wave whose start is drawn anew for each sequence of each
    step. A carried state goes on from one wave into the next, across epochs too.
    """

    head: Head = "every"
    natural_epoch = False

    def __init__(
        self, config: SineConfig, data: SineData, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.data = data
        self._waves = {
            part: torch.tensor(waves, device=device, dtype=dtype)
            for part, waves in data.waves.items()
        }
        """[starts, num_points]"""

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """Which training start each sequence takes, int64 [training steps, B]."""
        steps = window.steps_per_epoch or STEPS_PER_EPOCH
        generator = np.random.default_rng(derive(seed, "data", epoch))
        return generator.integers(
            0, len(self.config.starts), size=(steps, window.batch_size), dtype=np.int64
        )

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Waves [K, T, B, 1] without their last and without their first point."""
        del window
        waves = self._waves["train"][index].transpose(1, 2).unsqueeze(-1)
        return Batch(waves[:, :-1].contiguous(), waves[:, 1:].contiguous())

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Errors over all waves of the part.

        `<part>_mse` feeds true points from the zero state. The rollouts feed `warmup_steps` true
        points and then the model's own predictions; with `rollout.state: carried` they start
        from the state of the first training sequence, where training carries one. After a
        warm-up of several points the test part also has the longest rollout after one point.
        Custom metrics are of the longest rollout.
        """
        waves = self._waves[part]
        truth = waves.T[None, :, :, None]  # [1, T, B, 1]
        outputs, _ = predictor(truth[:, :-1].contiguous(), None)
        error = _squares(outputs, truth[:, 1:])
        metrics = {f"{part}_mse": row_sums(error) / error[0].numel()}
        for horizons, warmup, suffix in rollouts(self.config.rollout, part):
            closed = self._rollout(predictor, waves, carried, max(horizons), warmup)
            after = truth[:, warmup : warmup + max(horizons)]
            metrics |= rollout_rmse(part, _squares(closed, after), horizons, suffix)
            metrics |= rollout_measured(
                self.config.metrics, part, closed, after[0].double(), suffix
            )
        return metrics

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """The rollout over time, and through its states."""
        return closed_loop_figures(self.panels(predictor, None, carried), how)

    def panels(
        self, predictor: Predictor, steps: int | None = None, carried: State = None
    ) -> Panels:
        """The first validation wave, and the closed loop over it and beyond, as it is scored.

        Args:
            steps: Points to predict; None takes the task's longest horizon.
            carried: The state that it starts from with `rollout.state: carried`.

        Raises:
            HorizonError: `steps` is below 1.
        """
        config = self.config
        warmup = config.rollout.warmup_steps
        steps = max(config.rollout.steps) if steps is None else steps
        if steps < 1:
            raise HorizonError(f"a rollout needs at least 1 step, not {steps}.")
        time = times(config, config.val_starts[0])
        spacing = config.duration / (config.num_points - 1)
        closed = self._rollout(predictor, self._waves["val"][:1], carried, steps, warmup)
        panel = Panel(
            along="time (radians)",
            up="value",
            time=time,
            truth=self.data.waves["val"][0],
            warmup=np.arange(config.num_points) < warmup,
            prediction_time=time[0] + spacing * (warmup + np.arange(steps)),
            prediction=closed[0, :, 0, 0].double().cpu().numpy(),
            scored=config.rollout.steps,
        )
        return Panels([panel])

    def _rollout(
        self, predictor: Predictor, waves: Tensor, carried: State, steps: int, warmup: int
    ) -> Tensor:
        """Predictions [K, steps, B, 1] after the first `warmup` points of waves [B, T].

        Args:
            carried: The state out of training, [K, num_layers, batch, hidden] for each of its
                parts; with `rollout.state: carried` every wave starts from its first sequence's.
        """
        rollout = self.config.rollout
        state: State = None
        if rollout.state == "carried" and carried is not None:
            state = tuple(
                part[:, :, :1].expand(-1, -1, len(waves), -1).contiguous() for part in carried
            )
        fed = waves.T[None, :warmup, :, None].contiguous()
        return predictor.rollout(fed, state, steps)


def _squares(outputs: Tensor, truth: Tensor) -> Tensor:
    """Squared errors in float64, [K, T, B, 1]."""
    return (outputs.double() - truth.double()).square()
