"""From rows of a table to what a network reads, and from its outputs to a forecast.

Everything here is in scaled units and knows no file: the task uses it on its data, a trained model
on whatever rows it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.tasks.base import Predictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.tasks.series.config import SeriesConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How many columns of each kind a model reads, and how it forecasts.

    Attributes:
        targets: Columns to forecast; they come first.
        past: Columns known up to now.
        known: Columns known ahead.
        masked: Whether each target and past column has a flag beside it, 1 where its cell is empty.
        horizon: Rows of a direct forecast; 1 of a recursive one.
        anchored: Whether outputs are changes against the last known row.
    """

    targets: int
    past: int
    known: int
    masked: bool
    horizon: int
    direct: bool
    anchored: bool

    @classmethod
    def of(cls, config: SeriesConfig) -> Columns:
        """Those of a task."""
        return cls(
            targets=len(config.targets),
            past=len(config.past),
            known=len(config.known),
            masked=config.missing == "mask",
            horizon=config.lead,
            direct=config.strategy == "direct",
            anchored=config.anchor == "last",
        )

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> Columns:
        """Those that a trained model remembers."""
        direct = manifest["strategy"] == "direct"
        return cls(
            targets=len(manifest["targets"]),
            past=len(manifest["past"]),
            known=len(manifest["known"]),
            masked=manifest["missing"] == "mask",
            horizon=int(manifest["horizon"]) if direct else 1,
            direct=direct,
            anchored=manifest["anchor"] == "last",
        )

    def features(self, scaled: NDArray[np.float32], empty: NDArray[np.bool_]) -> Any:
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
        history: Features [K or 1, T, B, F] of the rows before.
        later: Features [1, steps - 1, B, F] of the rows to predict but for the last one, of which
            only the columns known ahead are read; a recursive forecast puts its own predictions
            in the targets' place.
        steps: Rows to predict; at most the horizon of a direct forecast.

    Returns:
        [K, steps, B, targets] in scaled units, in the predictor's dtype.
    """
    targets = columns.targets
    fed, last = history, history[:, -1:, :, :targets]
    if columns.direct:
        if columns.anchored:
            fed = torch.cat([fed[..., :targets] - last, fed[..., targets:]], dim=-1)
        outputs = predictor(fed.contiguous(), None)[0][:, 0]
        blocks = outputs.view(*outputs.shape[:2], columns.horizon, targets).transpose(1, 2)
        return (blocks + last if columns.anchored else blocks)[:, :steps]
    state: tuple[Tensor, ...] | None = None
    found = []
    for step in range(steps):
        outputs, state = predictor(fed.contiguous(), state)
        outputs = outputs[:, -1:]
        if columns.anchored:
            outputs = outputs + fed[:, -1:, :, :targets]
        found.append(outputs)
        if step + 1 < steps:
            others = later[:, step : step + 1, :, targets:]
            fed = torch.cat([outputs, others.expand(len(outputs), -1, -1, -1)], dim=-1)
    return torch.cat(found, dim=1)
