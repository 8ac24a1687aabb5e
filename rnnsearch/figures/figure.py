"""What a task shows of a trained model: arrays or panels, and how they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rnnsearch.figures.matrices import draw_confusion, draw_events
from rnnsearch.figures.panels import Panel, Panels, draw_panels
from rnnsearch.figures.scatter import draw_scatter

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Drawing(Protocol):
    """A function that draws one PNG."""

    def __call__(self, path: Path, *, title: str) -> None:
        """Draw the PNG.

        Args:
            path: Where the PNG goes; its folder is made.
        """
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """What a task shows of one trained model.

    Attributes:
        drawing: The function that draws it.
        caption: What the title says after the name of the model, from its comma or colon on.
        arrays: What is drawn, as `tasks.pictures.Pictured` names it; None where the drawing alone
            knows.
        panels: The same of predictions in time, a panel a quantity.
    """

    drawing: Drawing
    caption: str = ""
    arrays: Mapping[str, NDArray[Any]] | None = None
    panels: Panels | None = None

    def draw(self, path: Path, whose: str) -> None:
        """Draw it as a PNG, under a title that begins with `whose`, the name of its model."""
        self.drawing(path, title=f"{whose}{self.caption}")


def figure_of(arrays: Mapping[str, NDArray[Any]], how: str) -> Figure | None:
    """The picture of what `tasks.pictures.Pictured.picture` gives; None of other arrays.

    Args:
        how: How predictions were made, for the title of a rollout.
    """
    caption = f", on the {arrays['part']} part" if "part" in arrays else ", on the validation part"
    if "confusion" in arrays:
        return Figure(partial(draw_confusion, arrays), caption, arrays)
    if "actual" in arrays:
        return Figure(partial(draw_scatter, arrays), caption, arrays)
    if "chances" in arrays:
        return Figure(partial(draw_events, arrays), ", one step ahead", arrays)
    return rollout_figure(Panels([Panel.of(arrays)]), how) if "prediction" in arrays else None


def rollout_figure(panels: Panels, how: str) -> Figure:
    """The picture of predictions in time.

    Args:
        how: How the predictions were made, for the title.
    """
    caption = f", {how}{panels.span()}"
    return Figure(partial(draw_panels, panels), caption, panels.shown[0].arrays(), panels)
