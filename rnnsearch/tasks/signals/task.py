"""Made signals on a device: shuffled windows to train on, errors ahead and in the closed loop."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rnnsearch.errors import HorizonError
from rnnsearch.figures.figure import Figure, closed_loop_figures, rollout_figure
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.closed_loop import continuation
from rnnsearch.tasks.rollouts import rollout_measured, rollout_rmse
from rnnsearch.tasks.shuffling import shuffled_batches
from rnnsearch.tasks.signals.config import SignalConfig
from rnnsearch.tasks.signals.data import SignalData
from rnnsearch.tasks.signals.scores import VALID_ERROR
from rnnsearch.tasks.sums import row_sums

WINDOWS_AT_ONCE = 256
"""Windows of a call that scores; fixed, so that a trial's rounding does not depend on how many
trials are scored beside it."""


class SignalTask:
    """Predict a point of a signal from the window of points before it, from the zero state."""

    natural_epoch = True

    def __init__(
        self, config: SignalConfig, data: SignalData, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.data = data
        self.head: Head = config.predict
        self._points = torch.tensor(
            data.scaler.apply(data.values), device=device, dtype=dtype
        )  # [points, F]
        self._values = torch.tensor(data.values, device=device)
        self._center = torch.tensor(data.scaler.center, device=device, dtype=torch.float64)
        self._scale = torch.tensor(data.scaler.scale, device=device, dtype=torch.float64)
        self._spread = torch.tensor(data.spread(), device=device)
        self._starts = torch.tensor(data.starts("train"), device=device)

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """Which training windows each batch holds, int64 [training steps, B]."""
        return shuffled_batches(len(self._starts), seed, epoch, window)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Windows [K, T, B, F] and the points at their horizon, [K, T or 1, B, F]."""
        del window
        starts = self._starts[index].unsqueeze(1)
        steps = torch.arange(self.config.window, device=index.device).unsqueeze(1)
        ahead = (steps if self.head == "every" else steps[-1:]) + self.config.horizon
        return Batch(self._points[starts + steps], self._points[starts + ahead])

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Errors in the units of the signal, every target of the part predicted once."""
        del carried
        starts = torch.tensor(self.data.starts(part), device=self._points.device)
        squares = torch.zeros(predictor.size, dtype=torch.float64, device=self._points.device)
        sizes = squares.clone()
        for some in torch.split(starts, WINDOWS_AT_ONCE):
            error = self._predicted(predictor, some) - self._targets(some)
            squares += row_sums(error.square())
            sizes += row_sums(error.abs())
        count = len(starts) * self.data.output_size
        metrics = {f"{part}_mse": squares / count, f"{part}_mae": sizes / count}
        if self.config.horizon == 1:
            return metrics | self._closed_loop(predictor, part)
        return metrics | self._measured(predictor, part)

    def _measured(self, predictor: Predictor, part: Part) -> dict[str, Tensor]:
        """Custom metrics of the predicted points, where nothing is predicted on."""
        if not self.config.metrics:
            return {}
        starts = torch.tensor(self.data.measured_starts(part), device=self._points.device)
        pieces = [self._predicted(predictor, some) for some in torch.split(starts, WINDOWS_AT_ONCE)]
        truth = self._targets(starts).unsqueeze(0)
        return rollout_measured(self.config.metrics, part, torch.cat(pieces, 2), truth)

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """The predictions over time, and of a closed loop also through its states."""
        panels = self.panels(predictor, None, carried)
        if self.config.horizon > 1:
            return [rollout_figure(panels, how)]
        return closed_loop_figures(panels, how)

    def panels(
        self, predictor: Predictor, steps: int | None = None, carried: State = None
    ) -> Panels:
        """A panel for each feature of the validation part, in the units of the signal.

        With a horizon of 1 the closed loop after the part's first window; with a longer one the
        prediction of every point that has a whole window before it.

        Args:
            steps: Points to predict; None takes the longest rollout, or all.

        Raises:
            HorizonError: `steps` is below 1, or beyond the part where the horizon is above 1.
        """
        del carried
        config, (start, end) = self.config, self.data.bounds["val"]
        if steps is not None and steps < 1:
            raise HorizonError(f"a rollout needs at least 1 step, not {steps}.")
        if config.horizon == 1:
            steps = max(config.rollout.steps) if steps is None else steps
            first = start + config.window
            window = self._points[None, start:first, None]
            closed = self._unscaled(continuation(predictor, window, steps, self._sliding()))
            predicted = closed[0, :, 0]
            end = min(end, first + steps)
        else:
            starts = torch.tensor(self.data.starts("val"), device=self._points.device)
            if steps is not None and steps > len(starts):
                raise HorizonError(
                    f"the validation part has {len(starts)} points to predict {config.horizon} "
                    f"points ahead, not {steps}; no prediction is fed back."
                )
            starts = starts[:steps]
            predicted = self._predicted(predictor, starts)[0, 0]
            first = start + config.window + config.horizon - 1
        spacing = self.data.times[1] - self.data.times[0]
        prediction = predicted.cpu().numpy()
        return Panels(
            [
                Panel(
                    name=name,
                    along="time",
                    up=name or "value",
                    time=self.data.times[start:end],
                    truth=self.data.values[start:end, feature],
                    warmup=np.arange(end - start) < config.window,
                    prediction_time=self.data.times[first] + spacing * np.arange(len(prediction)),
                    prediction=prediction[:, feature],
                    scored=config.rollout.steps if config.horizon == 1 else (),
                )
                for feature, name in enumerate(config.features)
            ]
        )

    def _predicted(self, predictor: Predictor, starts: Tensor) -> Tensor:
        """The last step's predictions [K, 1, windows, F] in the units of the signal."""
        steps = torch.arange(self.config.window, device=starts.device)
        outputs, _ = predictor(self._points[starts + steps.unsqueeze(1)].unsqueeze(0), None)
        return self._unscaled(outputs[:, -1:])

    def _targets(self, starts: Tensor) -> Tensor:
        """The points at the horizon of windows, [windows, F], float64."""
        return self._values[starts + self.config.window - 1 + self.config.horizon]

    def _closed_loop(self, predictor: Predictor, part: Part) -> dict[str, Tensor]:
        """Errors of rollouts, and how long they are valid where the signal is chaotic."""
        horizons = self.config.rollout.steps
        starts = torch.tensor(self.data.loop_starts(part), device=self._points.device)
        window = torch.arange(self.config.window, device=starts.device).unsqueeze(1)
        after = torch.arange(max(horizons), device=starts.device).unsqueeze(1)
        truth = self._values[starts + self.config.window + after]
        fed = self._points[starts + window].unsqueeze(0)
        closed = self._unscaled(continuation(predictor, fed, max(horizons), self._sliding()))
        error = closed - truth
        metrics = rollout_rmse(part, error.square(), horizons)
        metrics |= rollout_measured(self.config.metrics, part, closed, truth)
        if self.config.lyapunov_times is not None:
            apart = (error / self._spread).square().mean(dim=-1).sqrt()
            valid = (apart <= VALID_ERROR).double().cumprod(dim=1)
            steps = row_sums(valid) / len(starts)
            metrics[f"{part}_valid_time"] = steps * self.config.lyapunov_times
        return metrics

    def _sliding(self) -> int | None:
        """The window that is read again for each prediction; see `closed_loop.continuation`."""
        return self.config.window if self.head == "last" else None

    def _unscaled(self, outputs: Tensor) -> Tensor:
        """Outputs [..., F] in the units of the signal, float64."""
        return outputs.double() * self._scale + self._center
