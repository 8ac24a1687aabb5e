"""How the pictures look: one palette that colour-blind people can tell apart, little else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.disk import replace_file
from rnnsearch.figures import glyphs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from numpy.typing import NDArray

# Okabe and Ito's palette (2008), without its yellow, which is too pale on white.
INK = "#333333"
GREY = "#8c8c8c"
BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
SKY = "#56B4E9"

LIGHT = "#b3b3b3"
"""The colour of what a model was given, which is quieter than that of what came after it."""

CURVES = (BLUE, ORANGE, GREEN, PURPLE, SKY, GREY)
"""Colours of several curves in one picture, in the order in which they are drawn."""

LINES = (BLUE, GREEN, PURPLE, SKY, GREY, INK)
"""Colours of the features of a sequence, which leave orange to what is wrong."""

WIDTH = 8.0
"""Inches that a picture is wide; an inch has 160 pixels."""

LEGEND_WIDTH = 7.2
"""Inches that a legend may take: what is left beside the labels of an axis."""

MOST_COLUMNS = 6
"""Columns of a legend, if they fit."""

LINE = 0.236
"""Inches that a row of a legend is high."""


MOST_DOTS = 80
"""Points up to which each has its dot on a line."""

MOST_NAME = 34
"""Characters of a label along an axis; of a longer one the middle is left out."""

LETTER = 0.085
"""Inches that a letter of a label takes, roughly."""


@contextmanager
def drawing(
    path: Path, rows: int = 1, columns: int = 1, *, height: float = 3.6
) -> Iterator[list[Axes]]:
    """A figure to draw into, which is saved as a PNG 1,280 pixels wide at the end of the block.

    matplotlib is imported here, so that a search which draws nothing does not pay half a second.

    Args:
        path: Where the PNG goes; its folder is made.
        height: Inches of each row.

    Yields:
        The axes, row by row.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Figure = Figure(figsize=(WIDTH, height * rows), dpi=160, layout="constrained")
    # Without pyplot, which would keep a global list of figures and choose a backend by itself.
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(rows, columns, place + 1) for place in range(rows * columns)]
    for each in axes:
        _plain(each)
    yield axes
    _literally(figure, axes)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = BytesIO()

    def save() -> None:
        picture.seek(0)
        picture.truncate()
        figure.savefig(picture, format="png")

    glyphs.saved_whole(figure, save)
    replace_file(path, picture.getvalue())


def _literally(figure: Figure, axes: Sequence[Axes]) -> None:
    """Show dollar signs as they are: names of people's columns and classes are no formulas.

    Labels of ticks stay formulas, since matplotlib writes powers of ten as such.
    """
    for each in axes:
        titles = [getattr(each, name) for name in ("title", "_left_title")]
        for text in (*titles, each.xaxis.label, each.yaxis.label, *each.texts):
            text.set_parse_math(False)
    for text in figure.texts:
        text.set_parse_math(False)


def _plain(axes: Axes) -> None:
    """Two grey axes, dark labels, and pale lines across; nothing else."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)


def heading(axes: Axes, text: str) -> None:
    """Put a title over some axes, flush left, and their legend between it and the data."""
    handles, labels = _named(axes)
    place = {"loc": "lower left", "bbox_to_anchor": (-0.01, 1.0), "borderaxespad": 0.2}
    rows = _legend(axes, axes.figure, handles, labels, place) if labels else 0
    axes.set_title(wrapped(text), loc="left", fontsize=12, color=INK, pad=8 + 17 * rows)


def headline(axes: Sequence[Axes], text: str) -> None:
    """Put a title and one legend above all axes of a figure.

    The legend names what any of the axes shows. The figure grows by the room that both need, so
    that its axes stay as large as they are.
    """
    figure = cast("Figure", axes[0].figure)
    known: dict[str, Any] = {}
    for each in axes:
        for handle, label in zip(*_named(each), strict=True):
            known.setdefault(label, handle)
    title = wrapped(text)
    above = 0.12 + 0.24 * len(title.splitlines())
    old = figure.get_figheight()
    place = {"loc": "upper left", "borderaxespad": 0.0}
    rows = _legend(figure, figure, list(known.values()), list(known), place) if known else 0
    height = old + above + LINE * rows
    figure.set_figheight(height)
    left = 0.1 / WIDTH
    figure.text(left, 1 - 0.08 / height, title, va="top", fontsize=12, color=INK)
    if known:
        figure.legends[0].set_bbox_to_anchor((left, 1 - above / height))
    cast("ConstrainedLayoutEngine", figure.get_layout_engine()).set(rect=(0, 0, 1, old / height))


def _named(axes: Axes) -> tuple[list[Any], list[str]]:
    """What a legend of some axes shows and in what words, each name once."""
    handles: dict[str, Any] = {}
    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        if not label.startswith("_"):
            handles.setdefault(label, handle)
    return list(handles.values()), list(handles)


def _legend(
    owner: Any, figure: Any, handles: list[Any], labels: list[str], place: dict[str, Any]
) -> int:
    """Add a legend of as many columns as fit into the picture; it takes no width from the axes.

    Args:
        owner: The axes or the figure that it belongs to.
        place: Arguments of matplotlib's `legend` that say where it stands.

    Returns:
        How many rows it has.
    """
    renderer = figure.canvas.get_renderer()
    short = [shortened(label, 80) for label in labels]
    columns = min(len(labels), MOST_COLUMNS)
    while True:
        legend = owner.legend(
            handles,
            short,
            ncols=columns,
            frameon=False,
            fontsize=9,
            handletextpad=0.5,
            columnspacing=1.4,
            **place,
        )
        legend.set_in_layout(False)
        for text in legend.get_texts():
            text.set_parse_math(False)
        with glyphs.quiet():
            width = legend.get_window_extent(renderer).width
        if columns == 1 or width <= LEGEND_WIDTH * figure.dpi:
            return -(-len(labels) // columns)
        legend.remove()
        columns -= 1


def shortened(text: str, most: int) -> str:
    """A text whose middle is left out where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    kept = most - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def wrapped(text: str) -> str:
    """A title broken into lines of 86 characters; what does not fit into three is left out."""
    lines = [line for part in text.split("\n") for line in wrap(part, 86) or [""]]
    return "\n".join(lines[:3])


def centred(axes: Axes, x: float, y: float, text: str, *, size: float, color: str = INK) -> None:
    """Write a text around a point inside of some axes, which takes no room beside them."""
    words = axes.text(x, y, text, ha="center", va="center", fontsize=size, color=color)
    words.set_in_layout(False)


def shade(axes: Axes, values: NDArray[Any], **options: Any) -> Any:
    """Shade cells by values [rows, columns] from 0, which is white, to 1.

    Args:
        options: Of matplotlib's `imshow`.

    Returns:
        matplotlib's image, which a colour bar is made for.
    """
    axes.grid(visible=False)
    return axes.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto", **options)


def dates(axes: Axes) -> None:
    """Label the axis of time with dates, each as short as it can be beside the others."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    # The offset at the axis' end speaks of its last tick alone, so a day always names its month.
    formatter = ConciseDateFormatter(locator)
    formatter.formats[2] = formatter.zero_formats[2] = "%d %b"
    formatter.offset_formats[2] = "%Y"
    axes.xaxis.set_major_formatter(formatter)


def name_panel(axes: Axes, name: str, up: str) -> None:
    """Label a small panel with what it shows: at its axis of values where that has the room, and
    above it, where that says more; the year of a panel above may stand at the right of it."""
    grid = cast("SubplotSpec", axes.get_subplotspec()).get_gridspec()
    room = int((cast("Figure", axes.figure).get_figheight() / grid.nrows - 0.6) / LETTER)
    fits = len(up) <= room
    if fits:
        axes.set_ylabel(up, color=INK)
    above = name if name not in ("", up) else "" if fits else up
    if above:
        most = int(WIDTH / grid.ncols / LETTER) - 14
        axes.set_title(shortened(above, most), loc="left", fontsize=10, color=INK)


def whole_numbers(axes: Axes) -> None:
    """Put ticks at whole numbers alone, on an axis that counts epochs or trials."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
