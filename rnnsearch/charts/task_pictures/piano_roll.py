"""Events over time, on how likely a model held each of them."""

from __future__ import annotations

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import SHARES, plain
from rnnsearch.figures.piano_roll import PianoRoll
from rnnsearch.figures.style import ORANGE, shortened

MOST_STEPS = 1_000
"""Time steps of a chart."""


def piano_roll_chart(roll: PianoRoll) -> Chart:
    """The chances as shades, and what happened as dots."""
    low, high = roll.rows()
    events, chances = roll.events[:MOST_STEPS, low:high], roll.chances[:MOST_STEPS, low:high]
    step, event = np.nonzero(events > 0)
    named = {}
    if roll.names:
        names = [plain(shortened(name, 24)) for name in roll.names[low:high]]
        named = {"tickvals": list(range(low, high)), "ticktext": names}
    steps = np.arange(1, len(events) + 1)
    cut = f"Shown: the first {len(events):,} of {len(roll.events):,} time steps."
    return Chart(
        traces=[
            {
                "type": "heatmap",
                "x": steps,
                "y": np.arange(low, high),
                "z": np.round(chances.T.astype(np.float64), 4),
                "zmin": 0,
                "zmax": 1,
                "colorscale": SHARES,
                "colorbar": {"title": {"text": "chance"}, "thickness": 12},
                "hovertemplate": "step %{x}, event %{y}: chance %{z:.2f}<extra></extra>",
                "name": "chance, said one step before",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "name": "what happened",
                "x": step + 1,
                "y": event + low,
                "marker": {
                    "size": 5,
                    "color": ORANGE,
                    "line": {"width": 0.5, "color": "#ffffff"},
                },
                "hoverinfo": "skip",
                "showlegend": True,
            },
        ],
        layout={
            "xaxis": {"title": {"text": "time step"}},
            "yaxis": {"title": {"text": "event"}, **named},
        },
        height=min(640, max(340, 160 + 10 * (high - low))),
        about="events that happened, and their chances one time step before",
        thinned=[cut] if len(events) < len(roll.events) else [],
    )
