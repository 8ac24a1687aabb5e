"""A rollout on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from rnnsearch.figures.panels import written

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.figures.panels import Panel, Panels


def print_panels(panels: Panels) -> None:
    """A row a step: of a wave its time and its value, of a table below the names of its columns."""
    shown = panels.shown
    if len(shown) == 1 and not shown[0].name and shown[0].time.dtype.kind != "M":
        for time, value in zip(shown[0].prediction_time, shown[0].prediction, strict=True):
            typer.echo(f"{time:.4f}\t{value:.6f}")
        return
    several = any(panel.name for panel in shown)
    ends = any(panel.band for panel in shown)
    names = [*(["of"] if several else []), shown[0].along, "prediction"]
    typer.echo("\t".join([*names, *(["low", "high"] if ends else [])]))
    for panel in shown:
        for step in range(len(panel.prediction)):
            cells = [panel.name] if several else []
            cells += [written(panel.prediction_time[step]), f"{panel.prediction[step]:.6g}"]
            if panel.low is not None and panel.high is not None:
                cells += [f"{panel.low[step]:.6g}", f"{panel.high[step]:.6g}"]
            typer.echo("\t".join(cells))
    if panels.more:
        typer.echo(f"shown: {panels.more}", err=True)


def panels_as_json(panels: Panels) -> dict[str, Any]:
    """The first panel's arrays by name, and under `panels` all of them."""
    return {**_arrays(panels.shown[0]), "panels": [_as_json(panel) for panel in panels.shown]}


def _as_json(panel: Panel) -> dict[str, Any]:
    said = {"name": panel.name, "along": panel.along, "up": panel.up}
    if panel.low is not None and panel.high is not None:
        said |= {"band": panel.band, "low": panel.low.tolist(), "high": panel.high.tolist()}
    return {**said, **_arrays(panel)}


def _arrays(panel: Panel) -> dict[str, Any]:
    return {name: _values(array) for name, array in panel.arrays().items()}


def _values(array: NDArray[Any]) -> list[Any]:
    """Dates as ISO 8601 has them."""
    kind = array.dtype.kind
    return list(np.datetime_as_string(array)) if kind == "M" else list(array.tolist())
