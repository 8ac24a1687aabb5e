"""What a model of a table keeps of the data that it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnsearch.tasks.series.steps import regular_step

if TYPE_CHECKING:
    from rnnsearch.tasks.series.prepared import PreparedSeries


def manifest_of(data: PreparedSeries) -> dict[str, Any]:
    """Columns, scalers, and how cells are written, as JSON values.

    `step` is None where the steps between rows are not regular.
    """
    config = data.config
    return {
        "task": "series",
        "targets": list(config.targets),
        "past": list(config.past),
        "known": list(config.known),
        "id": config.id,
        "series": list(data.names),
        "left_out": list(data.left_out),
        "time": list(config.time_columns),
        "forms": data.forms.to_json(),
        "dated": data.dated,
        "step": None if data.times is None else regular_step(data.times, data.starts, data.dated),
        "transform": config.transform,
        "scaler": config.scaler,
        "center": data.center.tolist(),
        "scale": data.scale.tolist(),
        "horizon": config.horizon,
        "context": config.context,
        "strategy": config.strategy,
        "channels": config.channels,
        "segment": config.segment,
        "quantiles": list(config.quantiles),
        "anchor": config.anchor,
        "missing": config.missing,
    }
