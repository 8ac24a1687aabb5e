"""How the pictures look: one palette that colour-blind people can tell apart, little else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.disk import replace_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), without its yellow, which is too pale on white.
INK = "#333333"
GREY = "#8c8c8c"
BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
SKY = "#56B4E9"


@contextmanager
def drawing(path: Path, rows: int = 1, *, height: float = 3.6) -> Iterator[list[Axes]]:
    """Axes one above the other, saved as a PNG of 1,280 pixels' width at the end.

    matplotlib is imported here: it costs half a second that a search does not owe.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Figure = Figure(figsize=(8.0, height * rows), dpi=160, layout="constrained")
    # Agg by hand: pyplot would keep a global list of figures and choose a backend by itself.
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(rows, 1, row + 1) for row in range(rows)]
    for each in axes:
        _plain(each)
    yield axes
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = BytesIO()
    figure.savefig(picture, format="png")
    replace_file(path, picture.getvalue())


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)


def heading(axes: Axes, text: str) -> None:
    """A title flush left, and the legend between it and the data, where it hides nothing."""
    labels = [label for label in axes.get_legend_handles_labels()[1] if not label.startswith("_")]
    rows = 0
    if labels:
        columns = 5
        rows = -(-len(labels) // columns)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=columns,
            frameon=False,
            fontsize=9,
            handletextpad=0.5,
            columnspacing=1.4,
            borderaxespad=0.2,
        )
    axes.set_title(text, loc="left", fontsize=12, color=INK, pad=8 + 17 * rows)
