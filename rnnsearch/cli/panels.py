"""Print a rollout as columns of text, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from rnnsearch.figures.panels import written

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.figures.panels import Panel, Panels


def print_panels(panels: Panels) -> None:
    """Print a line for each predicted time step, with tabs between the columns.

    A wave has the columns time and value, without a heading; other rollouts have a heading.
    """
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
    """The arrays of the first panel by name, and all panels under `panels`."""
    return {**_arrays(panels.shown[0]), "panels": [_as_json(panel) for panel in panels.shown]}


def _as_json(panel: Panel) -> dict[str, Any]:
    fields = {"name": panel.name, "along": panel.along, "up": panel.up}
    if panel.low is not None and panel.high is not None:
        fields |= {"band": panel.band, "low": panel.low.tolist(), "high": panel.high.tolist()}
    return {**fields, **_arrays(panel)}


def _arrays(panel: Panel) -> dict[str, Any]:
    return {name: _values(array) for name, array in panel.arrays().items()}


def _values(array: NDArray[Any]) -> list[Any]:
    """The values of an array as JSON has them; dates as ISO 8601 writes them."""
    kind = array.dtype.kind
    return list(np.datetime_as_string(array)) if kind == "M" else list(array.tolist())
