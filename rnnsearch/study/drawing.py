"""Begins to draw the champion and the study as soon as it is chosen, while Ray shuts down."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING

from rnnsearch.events import ChampionChosen, ChampionMark, Event, Listener, TrialEnded
from rnnsearch.study.pictures import Pictures

if TYPE_CHECKING:
    from rnnsearch.figures.figure import Figure
    from rnnsearch.tasks.base import Score


class Drawing:
    """A Listener that hands each event on, and draws in a thread of its own: the champion, and the
    study where its baselines are known by then.

    What drawing needs is imported beside the search too, once a trial has ended: at the end a
    person waits for it.

    Args:
        then: Who hears each event first.
        scored: Gives the study's baselines; None while they are being scored.
    """

    def __init__(
        self,
        pictures: Pictures,
        then: Listener,
        scored: Callable[[], Sequence[Score] | None] = lambda: None,
    ) -> None:
        self._pictures, self._then, self._scored = pictures, then, scored
        self._has_study = False
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

    def finish_study(self, baselines: Sequence[Score]) -> None:
        """Draw the study, if it was not drawn beside the champion."""
        if not self._has_study:
            self._pictures.draw_study(baselines)

    def _draw(self, champion: ChampionChosen) -> None:
        self._figures = self._pictures.draw_champion(champion)
        baselines = self._scored()
        if baselines is not None and not self._has_study:
            self._has_study = True
            self._pictures.draw_study(baselines)

    def _wait(self) -> None:
        if self._begun is not None:
            self._begun.join()
            self._begun = None


def _import() -> None:
    for name in (
        *(
            "matplotlib.figure",
            "matplotlib.collections",
            "matplotlib.backends.backend_agg",
            "rnnsearch.figures.study",
            "rnnsearch.training.loading",
        ),
        "rnnsearch.report.page",
    ):
        importlib.import_module(name)
