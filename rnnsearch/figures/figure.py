"""What a task shows of a trained model: a picture each, of one of the kinds in this room."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rnnsearch.figures.confusion import Confusion
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.figures.phase import portrait
from rnnsearch.figures.piano_roll import PianoRoll
from rnnsearch.figures.scatter import Scatter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@runtime_checkable
class Kind(Protocol):
    """A plain frozen value that can be drawn; each kind has its own file."""

    def draw(self, path: Path, *, title: str) -> None:
        """Draw the PNG.

        Args:
            path: Where the PNG goes; its folder is made.
        """
        ...


class Drawing(Protocol):
    """A function that draws one PNG, for what no kind shows."""

    def __call__(self, path: Path, *, title: str) -> None:
        """Draw the PNG; see `Kind.draw`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One picture of a trained model.

    Attributes:
        drawing: What it shows, a value of a kind; or a function that draws it, of which no
            interactive picture is made.
        caption: What the title says after the name of the model, from its comma or colon on.
        name: A short word for it, of which its file is named. The first picture of a model needs
            none.
        detail: Makes a value of the same kind with more in it, for an interactive picture; None
            where there is no more.
    """

    drawing: Kind | Drawing
    caption: str = ""
    name: str = ""
    detail: Callable[[], Kind] | None = None

    def __post_init__(self) -> None:
        if self.name and not _NAME.fullmatch(self.name):
            raise ValueError(
                f"a figure's name is lower-case letters, digits, - and _, such as 'residuals', "
                f"not {self.name!r}; say more in the caption."
            )

    def draw(self, path: Path, whose: str) -> None:
        """Draw it as a PNG, under a title that begins with `whose`, the name of its model."""
        draw = self.drawing.draw if isinstance(self.drawing, Kind) else self.drawing
        draw(path, title=f"{whose}{self.caption}")


def paths_of(first: Path, figures: Sequence[Figure]) -> list[Path]:
    """Where the pictures of a model lie: the first at `first`, the others beside it.

    They are called `<stem of first>-<name>.png`; a name that is missing or there already is its
    place among the pictures.
    """
    paths = [first][: len(figures)]
    for place, figure in enumerate(figures[1:], 2):
        path = first.with_stem(f"{first.stem}-{figure.name or place}")
        paths.append(path if path not in paths else first.with_stem(f"{path.stem}-{place}"))
    return paths


def drawn(first: Path) -> list[Path]:
    """The pictures of a model that are there, of which the first lies at `first`."""
    beside = sorted(first.parent.glob(f"{first.stem}-*{first.suffix}"))
    return [path for path in (first, *beside) if path.is_file()]


def figure_of(arrays: Mapping[str, NDArray[Any]], how: str) -> Figure | None:
    """The picture of what `tasks.pictures.Pictured.picture` gives; None of other arrays.

    Args:
        how: How predictions were made, for the title of a rollout.
    """
    caption = f", on the {arrays['part']} part" if "part" in arrays else ", on the validation part"
    if "confusion" in arrays:
        names = tuple(str(name) for name in arrays["classes"])
        return Figure(Confusion(arrays["confusion"], names), caption)
    if "actual" in arrays:
        quantity = str(arrays["quantity"])
        return Figure(Scatter(arrays["actual"], arrays["predicted"], quantity), caption)
    if "chances" in arrays:
        return Figure(PianoRoll(arrays["events"], arrays["chances"]), ", one step ahead")
    return rollout_figure(Panels([Panel.of(arrays)]), how) if "prediction" in arrays else None


def rollout_figure(panels: Panels, how: str) -> Figure:
    """The picture of predictions in time.

    Args:
        how: How the predictions were made, for the title.
    """
    return Figure(panels, f", {how}{panels.span()}")


def closed_loop_figures(panels: Panels, how: str) -> list[Figure]:
    """The pictures of a rollout on a model's own predictions: over time, and through its states."""
    states = portrait(panels)
    figures = [rollout_figure(panels, how)]
    if states is not None:
        figures.append(Figure(states, f", {how}: phase portrait", "phase"))
    return figures
