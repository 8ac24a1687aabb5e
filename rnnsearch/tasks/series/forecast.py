"""From rows of a table to what a network reads, and from its outputs to a forecast.

Everything here is in scaled units and knows no file: the task uses it on its data, a trained model
on whatever rows it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.tasks.arrays import Bools
from rnnsearch.tasks.base import Predictor, State
from rnnsearch.tasks.series.config import SeriesConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How many columns of each kind a table has, what of them a model reads, and how it forecasts.

    Attributes:
        targets: Columns to forecast; they come first.
        past: Columns known up to now.
        known: Columns known ahead.
        masked: Whether each target and past column has a flag beside it, 1 where its cell is empty.
        horizon: Rows of a direct forecast; 1 of a recursive one.
        anchored: Whether outputs are changes against the last known row.
        each: Whether a network reads one target at a time, as sequences of their own.
        segment: Rows of a step.
        quantiles: How many of each target a model predicts; 0 of one that predicts the target.
        median: Which of them is the forecast.
    """

    targets: int
    past: int
    known: int
    masked: bool
    horizon: int
    direct: bool
    anchored: bool
    each: bool
    segment: int
    quantiles: int
    median: int

    @classmethod
    def of(cls, config: SeriesConfig) -> Columns:
        """Those of a task."""
        return cls.from_manifest(asdict(config))

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> Columns:
        """Those that a trained model remembers, in words of its task's config."""
        direct = manifest["strategy"] == "direct"
        return cls(
            targets=len(manifest["targets"]),
            past=len(manifest["past"]),
            known=len(manifest["known"]),
            masked=manifest["missing"] == "mask",
            horizon=int(manifest["horizon"]) if direct else 1,
            direct=direct,
            anchored=manifest["anchor"] == "last",
            each=manifest["channels"] == "each",
            segment=int(manifest["segment"]),
            quantiles=len(manifest["quantiles"]),
            median=list(manifest["quantiles"]).index(0.5) if manifest["quantiles"] else 0,
        )

    @property
    def answered(self) -> int:
        """Targets of one sequence."""
        return 1 if self.each else self.targets

    @property
    def picks(self) -> list[list[int]]:
        """The features that a sequence of each target reads, its own values first."""
        others = range(self.targets, self.targets + self.past)
        ahead = self.targets + self.past + self.known * (2 if self.horizon > 1 else 1)
        known = range(others.stop, ahead)
        found = [[target, *others, *known] for target in range(self.targets)]
        if self.masked:
            past_flags = range(ahead + self.targets, ahead + self.targets + self.past)
            found = [[*one, ahead + at, *past_flags] for at, one in enumerate(found)]
        return found

    def features(self, scaled: NDArray[np.float32], empty: Bools) -> Any:
        """What a network reads at each row of one series.

        Targets, past columns, the columns known ahead as they will be `horizon` rows later (and,
        where that is more than one row, as they are now), and the flags. Rows at the end whose
        later ones are not among these have zeros there.

        Args:
            scaled: Float32 [rows, columns], filled.
            empty: Which cells were; [rows, targets + past].

        Returns:
            Float32 [rows, features]; `scaled` itself where it needs nothing beside it.
        """
        own = self.targets + self.past
        parts = [scaled[:, :own]]
        if self.known:
            ahead = np.zeros((len(scaled), self.known), np.float32)
            ahead[: -self.horizon] = scaled[self.horizon :, own:]
            parts.append(ahead)
            if self.horizon > 1:
                parts.append(scaled[:, own:])
        if self.masked:
            parts.append(empty.astype(np.float32))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def forecast(
    columns: Columns, predictor: Predictor, history: Tensor, later: Tensor, steps: int
) -> Tensor:
    """The targets of the rows that follow.

    Args:
        history: Features [K or 1, T, B, F] of the rows before; where each target is forecast by
            itself, those of its own `picks`, and B counts targets, fastest.
        later: Features [1, steps - 1, B, F] of the rows to predict but for the last one, of which
            only the columns known ahead are read; a recursive forecast puts its own predictions
            in the targets' place.
        steps: Rows to predict; at most the horizon of a direct forecast.

    Returns:
        [K, steps, B, targets] in scaled units, in the predictor's dtype; where each target is
        forecast by itself, [K, steps, B / targets, targets]. Of a model of quantiles they are one
        more axis, the last, and rise along it: those that a network lets cross are put in order
        (Chernozhukov et al., Quantile and probability curves without crossing, 2010).
    """
    found = _answers(columns, predictor, history, later, steps)
    if columns.each:
        members, ahead, _, _, each = found.shape
        found = found.reshape(members, ahead, -1, columns.targets, each)
    return found.sort(dim=-1).values if columns.quantiles else found.squeeze(-1)


def points(columns: Columns, found: Tensor) -> Tensor:
    """The forecasts among what `forecast` gives: [K, steps, B, targets]."""
    return found[..., columns.median] if columns.quantiles else found


def entered(columns: Columns, history: Tensor) -> Tensor:
    """What a direct forecast reads of the features [K, T, B, F]: changes, segment by segment."""
    targets = columns.answered
    if columns.anchored:
        last = history[:, -1:, :, :targets]
        history = torch.cat([history[..., :targets] - last, history[..., targets:]], dim=-1)
    if columns.segment > 1:
        members, _, *rest = history.shape
        steps = history.reshape(members, -1, columns.segment, *rest)
        history = steps.transpose(2, 3).flatten(3)
    return history.contiguous()


def _answers(
    columns: Columns, predictor: Predictor, history: Tensor, later: Tensor, steps: int
) -> Tensor:
    """[K, steps, B, answered, quantiles or 1]"""
    targets, each = columns.answered, max(1, columns.quantiles)
    fed, last = history, history[:, -1:, :, :targets]
    if columns.direct:
        outputs = predictor(entered(columns, history), None)[0].squeeze(1)
        blocks = outputs.view(*outputs.shape[:2], columns.horizon, targets, each).transpose(1, 2)
        return (blocks + last.unsqueeze(-1) if columns.anchored else blocks)[:, :steps]
    state: State = None
    found = []
    for step in range(steps):
        outputs, state = predictor(fed.contiguous(), state)
        answer = outputs[:, -1:].reshape(*outputs[:, -1:].shape[:3], targets, each)
        if columns.anchored:
            answer = answer + fed[:, -1:, :, :targets, None]
        found.append(answer)
        if step + 1 < steps:
            others = later[:, step : step + 1, :, targets:].expand(len(answer), -1, -1, -1)
            fed = torch.cat([answer[..., columns.median], others], dim=-1)
    return torch.cat(found, dim=1)
