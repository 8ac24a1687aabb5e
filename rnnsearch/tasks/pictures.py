"""How a task shows a trained model in a picture: two optional methods, and the one function that
asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rnnsearch.figures.figure import Figure, figure_of, rollout_figure
from rnnsearch.tasks.base import Predictor, State, Task

if TYPE_CHECKING:
    import numpy as np

    from rnnsearch.figures.panels import Panels


@runtime_checkable
class Pictured(Protocol):
    """A task that gives arrays to draw; `Panelled` is asked instead where a task is both."""

    def picture(
        self, predictor: Predictor, steps: int | None = None
    ) -> Mapping[str, np.ndarray[Any, Any]] | None:
        """The arrays of a picture of one trained network, or None where there is nothing to draw.

        Args:
            steps: Points to predict; None leaves the number to the task.

        Returns:
            Of a rollout: `time`, `truth` and the mask `warmup` (true where a true point was fed),
            of one length; `prediction_time` and `prediction`, of length `steps`. Of a classifier:
            `confusion`, counts [class, guessed class], and `classes`, their names. Of a number a
            sequence: `actual` and `predicted`, and `quantity`, the name of the number. Of these two
            also `part`, where it is not the validation part that is shown. Of events:
            `events`, 0 and 1, and `chances`, both [time steps, events].
        """
        ...


@runtime_checkable
class Panelled(Protocol):
    """A task that predicts points of several quantities in time and draws each in a panel."""

    def panels(
        self, predictor: Predictor, steps: int | None = None, carried: State = None
    ) -> Panels:
        """The rollout of every quantity.

        Args:
            steps: As in `Pictured.picture`.
            carried: The state out of training, as `Task.evaluate` takes it, so that the picture
                shows the predictions that were scored.
        """
        ...


def picture_of(
    task: Task, predictor: Predictor, how: str, steps: int | None = None, carried: State = None
) -> Figure | None:
    """The picture that a task draws of one trained network.

    Args:
        how: How predictions in time were made, for the caption of a rollout.
        steps: As in `Pictured.picture`.
        carried: As in `Panelled.panels`.

    Returns:
        None of a task that draws none.
    """
    if isinstance(task, Panelled):
        return rollout_figure(task.panels(predictor, steps, carried), how)
    arrays = task.picture(predictor, steps) if isinstance(task, Pictured) else None
    return None if arrays is None else figure_of(arrays, how)
