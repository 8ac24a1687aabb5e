"""Scaling of numbers for a network, and back to the units of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnnsearch.tasks.arrays import Floats

ScalerKind = Literal["standard", "minmax", "robust", "none"]


@dataclass(frozen=True, slots=True)
class Scaler:
    """Scales each feature as `(value - center) / scale`.

    Attributes:
        center: Mean (`standard`), least value (`minmax`), median (`robust`) or 0 (`none`).
        scale: Standard deviation, range, distance of the quartiles or 1; always above 0.
    """

    center: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, values: Floats, kind: ScalerKind) -> Scaler:
        """Fit on values [..., features], which should be those of the training part alone.

        Missing values (NaN) are left out. A feature that never changes keeps its scale of 1.
        """
        rows = values.reshape(-1, values.shape[-1])
        # A column at a time: a long table has no room for its copies.
        pairs = [_fitted(column[~np.isnan(column)], kind) for column in rows.T]
        return cls(tuple(center for center, _ in pairs), tuple(scale for _, scale in pairs))

    def apply(self, values: Floats) -> Floats:
        """Scaled values of the same shape [..., features], float64."""
        return (np.asarray(values, dtype=np.float64) - self.center) / self.scale

    def undo(self, values: Floats) -> Floats:
        """The values that `apply` scaled, float64."""
        return np.asarray(values, dtype=np.float64) * self.scale + self.center

    def to_json(self) -> dict[str, list[float]]:
        """JSON values that `from_json` reads."""
        return {"center": list(self.center), "scale": list(self.scale)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Scaler:
        """Read what `to_json` wrote.

        Raises:
            KeyError: A key is missing.
        """
        return cls(tuple(values["center"]), tuple(values["scale"]))


def _fitted(known: Floats, kind: ScalerKind) -> tuple[float, float]:
    """Center and scale of the known values of a feature."""
    center, scale = 0.0, 1.0
    if kind == "standard":
        center, scale = float(known.mean()), float(known.std())
    elif kind == "minmax":
        center = float(known.min())
        scale = float(known.max()) - center
    elif kind == "robust":
        low, center, high = np.quantile(known, (0.25, 0.5, 0.75)).tolist()
        scale = high - low
    # Rounding leaves a constant column a deviation of some 1e-17, which is no scale.
    tiny = 1e-12 * max(float(known.max()), -float(known.min()), 1e-300)
    return center, scale if scale > tiny else 1.0
