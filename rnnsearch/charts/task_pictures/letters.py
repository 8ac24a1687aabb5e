"""What a network wrote of a tiny text, epoch by epoch."""

from __future__ import annotations

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import plain
from rnnsearch.figures.letters import Letters, shown_epochs
from rnnsearch.figures.style import INK
from rnnsearch.figures.visible import visible

SHADES = [
    [0, "rgba(213,94,0,0.35)"],
    [0.5, "rgba(213,94,0,0.35)"],
    [0.5, "rgba(0,114,178,0.22)"],
    [1, "rgba(0,114,178,0.22)"],
]
"""Wrong letters stand on orange, right ones on blue."""


def letters_chart(letters: Letters) -> Chart:
    """A row for each shown epoch, a column for each letter of the text."""
    epochs, following = shown_epochs(letters.written, letters.kept), letters.following
    written = [letters.written[epoch][: len(following)] for epoch in epochs]
    names = [f"{epoch}{' (kept)' if epoch == letters.kept else ''}" for epoch in epochs]
    pairs = [
        f"{plain(visible(one))}<br>{plain(visible(two))}"
        for one, two in zip(letters.read, following, strict=True)
    ]
    return Chart(
        traces=[
            {
                "type": "heatmap",
                "z": [
                    [int(one == two) for one, two in zip(word, following, strict=False)]
                    for word in written
                ],
                "zmin": 0,
                "zmax": 1,
                "colorscale": SHADES,
                "showscale": False,
                "text": [[plain(visible(one)) for one in word] for word in written],
                "texttemplate": "%{text}",
                "textfont": {"size": 13, "color": INK},
                "hoverinfo": "skip",
                "xgap": 2,
                "ygap": 2,
            }
        ],
        layout={
            "xaxis": {
                "title": {"text": "read, and below it what follows"},
                "tickvals": list(range(len(pairs))),
                "ticktext": pairs,
                "tickangle": 0,
            },
            "yaxis": {
                "title": {"text": "epoch"},
                "tickvals": list(range(len(names))),
                "ticktext": names,
                "autorange": "reversed",
            },
        },
        height=130 + 26 * len(epochs),
        about="what the network wrote after each epoch, right letters and wrong ones",
        thinned=["Blue: right, orange: wrong."],
    )
