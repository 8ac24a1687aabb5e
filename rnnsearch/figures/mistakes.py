"""A picture of what a classifier was surest of, and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style
from rnnsearch.figures.visible import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MOST_SHOWN = 12
"""Mistakes of a picture."""

MOST_CURVES = 9
"""Those of a picture of curves, each of which has a panel."""

MOST_TEXT = 46
"""Characters of a text that are shown; of a longer one the middle is left out."""

MOST_CLASS = 22
"""Characters of the name of a class that are shown."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mistake:
    """One sequence that got a wrong class.

    Attributes:
        truth: The name of its class.
        guess: The name of the class that it got.
        chance: The probability that the model gave that class.
        what: The sequence where it is a text or symbols, else its name.
        curve: Its numbers [time steps, features], in the units of the data; None of a text.
        step: The time step that got the wrong class; None where the whole sequence has one.
    """

    truth: str
    guess: str
    chance: float
    what: str
    curve: NDArray[Any] | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """The mistakes that a classifier was surest of, the surest one first.

    Attributes:
        shown: At least one.
        count: How many mistakes there are in all.
        features: The names of the columns of a curve.
    """

    shown: Sequence[Mistake]
    count: int
    features: Sequence[str] = ()

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; texts are lines of a table, numbers have a small panel each."""
        curves = any(one.curve is not None for one in self.shown)
        shown = self.shown[: MOST_CURVES if curves else MOST_SHOWN]
        title = f"{title}: the {len(shown)} surest of {self.count:,}" if shown else title
        if curves:
            self._curves(path, shown, title)
        else:
            _table(path, shown, title)

    def _curves(self, path: Path, shown: Sequence[Mistake], title: str) -> None:
        columns = min(3, len(shown))
        rows = -(-len(shown) // columns)
        with style.drawing(path, rows, columns, height=1.75) as panels:
            for place, mistake in enumerate(shown):
                axes = panels[place]
                _curve(axes, mistake, self.features)
                if place >= len(shown) - columns:
                    axes.set_xlabel("time step", color=style.INK, fontsize=9)
            for spare in panels[len(shown) :]:
                spare.remove()
            style.headline(panels[: len(shown)], title)


def surest(wrong: NDArray[Any], chances: NDArray[Any]) -> NDArray[Any]:
    """The places of the mistakes that a model was surest of, the surest one first.

    Args:
        wrong: Which answers are wrong, boolean [answers].
        chances: How likely the model held each of its answers, [answers].
    """
    places = np.flatnonzero(wrong & np.isfinite(chances))
    return places[np.argsort(-chances[places], kind="stable")][:MOST_SHOWN]


def _table(path: Path, shown: Sequence[Mistake], title: str) -> None:
    """Draw mistakes about texts: a line each, with its classes and a bar for the probability."""
    with style.drawing(path, height=0.75 + 0.27 * len(shown)) as (axes,):
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(len(shown) - 0.4, -1.2)
        places = (0.0, 0.46, 0.655, 0.85)
        for x, head in zip(places, ("what was read", "true", "guessed", "how sure"), strict=True):
            axes.text(x, -0.8, head, fontsize=9, color=style.INK, weight="bold", va="center")
        for row, one in enumerate(shown):
            cells = (
                (style.shortened(one_line(one.what), MOST_TEXT), style.INK),
                (style.shortened(one.truth, MOST_CLASS), style.BLUE),
                (style.shortened(one.guess, MOST_CLASS), style.ORANGE),
                (f"{one.chance:.0%}", style.INK),
            )
            for x, (text, color) in zip(places, cells, strict=True):
                axes.text(x, row, text, fontsize=9, color=color, va="center")
            axes.barh(row, 0.09 * one.chance, left=0.905, height=0.5, color=style.ORANGE, alpha=0.6)
            axes.axhline(row - 0.5, color="#e6e6e6", linewidth=0.7)
        axes.set_title(style.wrapped(title), loc="left", fontsize=12, color=style.INK, pad=8)


def _curve(axes: Axes, mistake: Mistake, features: Sequence[str]) -> None:
    """Draw one sequence of numbers that got a wrong class, or a wrong class at a time step."""
    curve = np.asarray(mistake.curve)
    marker = "o" if len(curve) <= style.MOST_DOTS else ""
    for feature, color in zip(range(curve.shape[1]), style.LINES, strict=False):
        name = features[feature] if feature < len(features) else f"feature {feature}"
        axes.plot(
            *(np.arange(len(curve)), curve[:, feature]),
            color=color,
            linewidth=1.1,
            marker=marker,
            markersize=2,
            label=style.shortened(name, style.MOST_NAME),
        )
    if mistake.step is not None:
        axes.axvline(
            mistake.step, color=style.ORANGE, linewidth=4, alpha=0.3, label="the time step"
        )
    names = [style.shortened(one, 17) for one in (mistake.truth, mistake.guess)]
    axes.set_title(
        f"{names[0]}, guessed {names[1]} ({mistake.chance:.0%})",
        loc="left",
        fontsize=8,
        color=style.INK,
    )
    axes.tick_params(labelsize=8)
    style.whole_numbers(axes)
