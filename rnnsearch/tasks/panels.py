"""Tasks that predict points in time, and draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rnnsearch.tasks.base import Predictor, State

if TYPE_CHECKING:
    from rnnsearch.figures.panels import Panels


@runtime_checkable
class Panelled(Protocol):
    """A task that predicts points of several quantities, and draws each of them."""

    def panels(
        self, predictor: Predictor, steps: int | None = None, carried: State = None
    ) -> Panels:
        """The rollout of `Pictured.picture`, of every quantity; arguments likewise.

        Args:
            carried: As for `Task.evaluate`, so that what is drawn is what is scored.
        """
        ...
