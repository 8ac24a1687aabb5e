"""Begins to draw the champion as soon as it is chosen, while Ray shuts down."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING

from rnnsearch.events import ChampionChosen, ChampionMark, Event, Listener, TrialEnded
from rnnsearch.study.pictures import Pictures

if TYPE_CHECKING:
    from rnnsearch.figures.figure import Figure


class Drawing:
    """A Listener that hands each event on, and draws the champion in a thread of its own.

    What drawing needs is imported beside the search too, once a trial has ended: at the end a
    person waits for it.

    Args:
        then: Who hears each event first.
    """

    def __init__(self, pictures: Pictures, then: Listener) -> None:
        self._pictures, self._then = pictures, then
        self._ready: Thread | None = None
        self._begun: Thread | None = None
        self._tried: ChampionMark | None = None
        self._figures: Sequence[Figure] | None = None

    def on_event(self, event: Event) -> None:
        self._then.on_event(event)
        if isinstance(event, TrialEnded) and self._ready is None:
            self._ready = Thread(target=_import, name="drawing-ready", daemon=True)
            self._ready.start()
        if isinstance(event, ChampionChosen):
            self._wait()
            self._tried = event.mark
            self._begun = Thread(target=self._draw, args=(event,), name="drawing", daemon=True)
            self._begun.start()

    def finish(self, champion: ChampionChosen | None) -> Sequence[Figure] | None:
        """Wait until the champion is drawn; one of an earlier run is drawn now, if it was not.

        Returns:
            What was drawn in this run; None where nothing was.
        """
        self._wait()
        if champion is not None and champion.mark != self._tried:
            self._draw(champion)
        return self._figures

    def _draw(self, champion: ChampionChosen) -> None:
        self._figures = self._pictures.draw_champion(champion)

    def _wait(self) -> None:
        if self._begun is not None:
            self._begun.join()
            self._begun = None


def _import() -> None:
    for name in (
        *("matplotlib.figure", "rnnsearch.figures.study", "rnnsearch.training.loading"),
        "rnnsearch.report.page",
    ):
        importlib.import_module(name)
