"""The series task on a device: windows or streams to train on, forecasts over whole parts.

Axes: K trials of a stack, T rows in time, B sequences.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.errors import HorizonError
from rnnsearch.figures.figure import Figure, rollout_figure
from rnnsearch.figures.panels import MOST_KEPT, MOST_PANELS, Panels
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.custom_metrics import figures
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.evaluation import Forecast, calibrated, scored
from rnnsearch.tasks.series.forecast import entered, features, forecast, picked_features
from rnnsearch.tasks.series.notes import moment
from rnnsearch.tasks.series.other_model import as_it_reads, in_scale_of
from rnnsearch.tasks.series.panels import panels_of, shown_origins, shown_part, shown_series
from rnnsearch.tasks.series.residuals import residuals_of
from rnnsearch.tasks.streams import derive

ROWS_AT_ONCE = 16_384
"""Rows of context that are fed in one call of an evaluation; bounds its memory."""

CALIBRATED_AT_ONCE = 64
"""Forecasts of one call that calibrates the intervals of a picture."""


class SeriesTask:
    """Forecast the targets from the rows before.

    A training sequence of a recursive forecast is `seq_len` rows, each to predict the row after
    it; of a direct one, the context and then the whole horizon. Shuffled, an epoch draws sequences
    anew, without repeats, as many as show each training row once as a target (of a direct
    forecast: every sequence once). In time, the training part is cut into `batch_size` parallel
    streams as a text is, so that a carried state belongs to the rows that come next.
    """

    natural_epoch = True

    def __init__(
        self, config: SeriesConfig, data: SeriesData, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.data = data
        self.head: Head = "last" if config.direct else "every"
        self._features = _shared(_features(data)).to(device=device, dtype=dtype)
        """[rows, features]"""
        self._later = self._features
        """The same for rows to predict, of which a recursive forecast must not know which cells
        turned out empty: its own predictions stand there."""
        if config.missing == "mask" and not config.direct:
            later = _shared(_features(data, measured=True))
            self._later = later.to(device=device, dtype=dtype)
        self._picked: Tensor | None = None
        """Which features the sequences of each target read, [targets, features of one sequence];
        None where a sequence reads all."""
        if config.channels == "each":
            picked = picked_features(config, data.inputs.count(config))
            self._picked = torch.tensor(picked, device=device)
        self._starts: dict[int, Ints] = {}

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """First row of each training sequence, int64 [training steps, B].

        Where each target is forecast by itself, a number is row * targets + target.
        """
        length, batch = self.data.seq_len(window), window.batch_size
        if self.config.order == "in_time":
            lo, hi = (int(bound) for bound in self.data.bounds["train"][0])
            stream = (hi - lo - 1) // batch
            in_stream = stream // length
            steps = window.steps_per_epoch or in_stream
            at = (epoch * steps + np.arange(steps, dtype=np.int64)) % in_stream
            return lo + at[:, None] * length + stream * np.arange(batch, dtype=np.int64)
        if length not in self._starts:
            self._starts[length] = self.data.starts_of_windows(window)
        starts, a_row = self._starts[length], self.config.sequences_a_row
        count = len(starts) * a_row
        shown = 1 if self.config.direct else length
        steps = window.steps_per_epoch or max(count // (batch * shown), 1)
        generator = np.random.default_rng(derive(seed, "data", epoch))
        drawn = generator.choice(count, steps * batch, replace=steps * batch > count)
        index: Ints = starts[drawn // a_row] * a_row + drawn % a_row
        return index.reshape(steps, batch)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Features of each sequence's rows, and the targets after them."""
        config, targets = self.config, self.config.answered
        length = self.data.seq_len(window) * config.segment
        first, target = index.unsqueeze(1), None
        if self._picked is not None:
            first, target = first // len(config.targets), first % len(config.targets)
        inputs = self._read(first + self._steps(length), target)
        anchored = config.anchor == "last"
        if config.direct:
            rows = first + length + self._steps(config.horizon)
            after = self._read(rows, target)[..., :targets]  # [K, horizon, B, targets]
            if anchored:
                after = after - inputs[:, -1:, :, :targets]
            # [K, 1, B, horizon * targets], row by row
            after = after.transpose(1, 2).flatten(2).unsqueeze(1)
            return Batch(entered(config, inputs), after.contiguous())
        after = self._read(first + 1 + self._steps(length), target)[..., :targets]
        if anchored:
            after = after - inputs[..., :targets]
        return Batch(inputs.contiguous(), after.contiguous())

    def _read(self, rows: Tensor, target: Tensor | None = None, *, later: bool = False) -> Tensor:
        """Features of rows, or of each row what a sequence of one target reads.

        Args:
            rows: [..., B].
            target: [..., B] or what broadcasts with it; None reads all.
            later: Whether the rows are to be predicted.
        """
        features = self._later if later else self._features
        if target is None:
            return features[rows]
        assert self._picked is not None
        return features[rows.unsqueeze(-1), self._picked[target]]

    def _steps(self, count: int) -> Tensor:
        """The numbers from 0 to `count` (not included) along the axis of time, [count, 1]."""
        return torch.arange(count, device=self._features.device).unsqueeze(1)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Errors over every forecast of a part, each after its own context, from the zero state."""
        del carried
        if part not in self.data.bounds:
            return {}
        return self._scored(part, partial(self._forecasts, predictor), predictor.size)

    def evaluate_other(
        self, predictor: Predictor, part: Part, manifest: Mapping[str, Any]
    ) -> dict[str, Tensor]:
        """See `Comparing`: the other model reads the table in the scale that it has learned."""
        if part not in self.data.bounds:
            return {}
        table = as_it_reads(self.data, manifest)
        other = SeriesTask(table.config, table, predictor.device, predictor.dtype)
        forecasts = partial(other._forecasts, predictor)
        return self._scored(part, in_scale_of(self.data, table, forecasts), predictor.size)

    def _scored(self, part: Part, forecasts: Forecast, models: int) -> dict[str, Tensor]:
        """The metrics of a part, of so many models."""
        at_once = max(1, ROWS_AT_ONCE // (self.config.context * self.config.sequences_a_row))
        paths = self.config.metrics
        measure = partial(figures, paths) if paths else None
        metrics = scored(self.data, part, forecasts, models, at_once, measure)
        return {
            name: torch.tensor([one[name] for one in metrics], dtype=torch.float64)
            for name in metrics[0]
        }

    def _forecasts(self, predictor: Predictor, origins: Ints) -> Sequence[Floats]:
        """What each network forecasts from some origins; see `evaluation.Forecast`."""
        return list(self._forecast(predictor, origins).transpose(1, 2).double().cpu().numpy())

    def _forecast(self, predictor: Predictor, origins: Ints) -> Tensor:
        """Forecasts from some origins in scaled units.

        Returns:
            [K, horizon, B, targets], or with quantiles one axis more.
        """
        first = torch.from_numpy(origins).to(self._features.device)
        context, horizon = self.config.context, self.config.horizon
        history = self._fed(first + self._steps(context) - context)
        later = self._fed(first + self._steps(horizon - 1), later=True)
        return forecast(self.config, predictor, history, later, horizon)

    def _fed(self, rows: Tensor, *, later: bool = False) -> Tensor:
        """Features [1, T, B, F] of rows [T, B], as `forecast` reads them."""
        if self._picked is None:
            return self._read(rows, later=later).unsqueeze(0)
        targets = torch.arange(len(self._picked), device=rows.device)
        return self._read(rows.unsqueeze(-1), targets, later=later).flatten(1, 2).unsqueeze(0)

    def say(self, predictor: Predictor) -> str:
        """The first forecast that a picture would show, beside what was measured there."""
        data = self.data
        origin = shown_origins(data)[:1]
        row, name = int(origin[0]), self.config.targets[0]
        scaled = self.config.points(self._forecast(predictor, origin))
        predicted = data.in_units(np.array(0), scaled[0, :, 0].double().cpu().numpy())[:, 0]
        truth = data.values[row : row + len(predicted), 0]
        whose = f" of {data.names[0]}" if data.names[0] else ""
        pairs = ", ".join(
            f"{one:.5g} ({true:.5g})"
            for one, true in zip(predicted[:6].tolist(), truth[:6].tolist(), strict=True)
        )
        more = ", ..." if len(predicted) > 6 else ""
        return f"{name}{whose} from {moment(data, row)}, predicted (measured): {pairs}{more}"

    def calibration(self, predictor: Predictor) -> dict[str, Any]:
        """The level of the task's intervals, and by how much they grow around a forecast: by the
        errors of the whole validation part, as those are that the test part is scored with."""
        forecasts = partial(self._forecasts, predictor)
        (margins,) = calibrated(self.data, "test", forecasts, 1, CALIBRATED_AT_ONCE)
        if margins is None:
            return {}
        return {"interval": self.config.interval, "margins": margins.tolist()}

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """The forecasts, and their errors over the part that is shown."""
        del carried
        forecasts, detail = self.panels(predictor), partial(self.panels, predictor, most=MOST_KEPT)
        at_once = max(1, ROWS_AT_ONCE // (self.config.context * self.config.sequences_a_row))
        part = {"val": "validation", "train": "training"}.get(shown_part(self.data), "test")
        errors = partial(residuals_of, self.data, partial(self._forecasts, predictor), at_once)
        ahead = " one row ahead" if self.config.horizon == 1 else ""
        caption = f", errors{ahead} on the {part} part, predicted \u2212 true"
        return [
            replace(rollout_figure(forecasts, how), detail=detail if forecasts.more else None),
            Figure(
                errors(),
                caption,
                "residuals",
                partial(errors, MOST_KEPT) if forecasts.more else None,
            ),
        ]

    def panels(
        self,
        predictor: Predictor,
        steps: int | None = None,
        carried: State = None,
        most: int = MOST_PANELS,
    ) -> Panels:
        """Forecasts of each series and target from where its validation is scored.

        Args:
            steps: Rows to predict; None takes the horizon, of a one-step forecast the context.
            most: How many panels there may be.

        Raises:
            HorizonError: `steps` is below 1, or beyond what a forecast can reach.
        """
        del carried
        data, config = self.data, self.config
        series, targets, more = shown_series(data, most)
        origins = shown_origins(data)
        if steps is None:
            steps = config.horizon
            if config.horizon == 1 and not config.direct:
                room = int((data.bounds[shown_part(data)][series, 1] - origins[series]).min())
                steps = max(1, min(config.context, room))
        if steps < 1:
            raise HorizonError(f"a rollout needs at least 1 step, not {steps}.")
        for one in series:
            self._check_reach(steps, int(data.starts[one + 1] - origins[one]))
        forecasts = partial(self._forecasts, predictor)
        (margins,) = calibrated(data, "val", forecasts, 1, CALIBRATED_AT_ONCE)
        panels = []
        for one in series:
            scaled = self._ahead(predictor, one, int(origins[one]), steps)
            panels += panels_of(data, one, targets, scaled, margins)
        return Panels(panels, more)

    def _ahead(self, predictor: Predictor, series: int, row: int, steps: int) -> Floats:
        """The scaled forecast of a series from a row, [steps, targets] or with quantiles."""
        first = max(row - self.config.context, int(self.data.starts[series]))
        end = int(self.data.starts[series + 1])
        rows = torch.arange(first, min(row + steps - 1, end), device=self._features.device)
        rows = rows.unsqueeze(1)
        history = self._fed(rows[: row - first])
        later = self._fed(rows[row - first :], later=True)
        scaled = forecast(self.config, predictor, history, later, steps)
        return np.asarray(scaled[0, :, 0].double().cpu().numpy())

    def _check_reach(self, steps: int, rows: int) -> None:
        """Refuse a forecast of more rows than the network or the columns known ahead reach.

        Args:
            rows: Rows of the series from where the forecast begins.

        Raises:
            HorizonError: With the most that can be asked for.
        """
        if self.config.direct and steps > self.config.horizon:
            raise HorizonError(
                f"this model forecasts its horizon of {self.config.horizon} rows at once, not "
                f"{steps}; ask for at most {self.config.horizon}."
            )
        if self.config.looks_ahead and steps > rows:
            raise HorizonError(
                f"the columns known ahead end {rows} rows after the start of the forecast; ask for "
                f"at most {rows} steps."
            )


def _features(data: SeriesData, *, measured: bool = False) -> NDArray[np.float32]:
    """What networks read at every row of a table, [rows, features].

    Of a table of nothing but targets and past columns of numbers, without flags, these are the
    scaled columns themselves, whose memory all packs share.

    Args:
        measured: Whether every cell counts as measured.
    """
    config = data.config
    if not config.known_numbers and config.missing != "mask" and not data.beside.any:
        return data.scaled
    empty, beside = np.isnan(data.values[:, : config.measured]), data.beside
    if measured:
        empty, beside = np.zeros_like(empty), data.inputs.as_measured(config, beside)
    series = [slice(lo, hi) for lo, hi in pairwise(data.starts.tolist())]
    return np.concatenate(
        [features(config, data.scaled[one], empty[one], beside[one]) for one in series]
    )


def _shared(array: NDArray[np.float32]) -> Tensor:
    """A tensor on the array's own memory, which Ray maps read-only; nothing writes to it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(array)
