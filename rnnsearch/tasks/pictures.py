"""How a task shows a trained model in pictures: three optional methods, and the functions that ask
for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rnnsearch.figures.figure import Figure, figure_of, rollout_figure
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.tasks.base import Predictor, State, Task

if TYPE_CHECKING:
    import numpy as np


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


@runtime_checkable
class Figured(Protocol):
    """A task that has more than one picture of a trained network, or one of another kind."""

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> Sequence[Figure]:
        """All its pictures, the first of them in the place of those of `Pictured` and `Panelled`.

        Args:
            how: How predictions in time were made, for the caption of a rollout.
            carried: As in `Panelled.panels`.
        """
        ...


def figures_of(
    task: Task, predictor: Predictor, how: str, carried: State = None
) -> Sequence[Figure]:
    """The pictures that a task has of one trained network; none of a task that shows nothing.

    Args:
        how: As in `Figured.figures`.
        carried: As in `Panelled.panels`.
    """
    if isinstance(task, Figured):
        return task.figures(predictor, how, carried)
    if isinstance(task, Panelled):
        return [rollout_figure(task.panels(predictor, None, carried), how)]
    arrays = task.picture(predictor) if isinstance(task, Pictured) else None
    figure = None if arrays is None else figure_of(arrays, how)
    return [] if figure is None else [figure]


def arrays_of(
    task: Task, predictor: Predictor, steps: int | None = None, carried: State = None
) -> Mapping[str, np.ndarray[Any, Any]] | None:
    """The arrays of a task's first picture, of several panels those of the first; None where it has
    none. Arguments are those of `Panelled.panels`."""
    if isinstance(task, Panelled):
        return task.panels(predictor, steps, carried).shown[0].arrays()
    return task.picture(predictor, steps) if isinstance(task, Pictured) else None


def panels_of(
    task: Task, predictor: Predictor, steps: int | None = None, carried: State = None
) -> Panels | None:
    """The rollout of every quantity of a task; None of one that predicts no points in time.

    Arguments are those of `Panelled.panels`.
    """
    if isinstance(task, Panelled):
        return task.panels(predictor, steps, carried)
    arrays = arrays_of(task, predictor, steps)
    return Panels([Panel.of(arrays)]) if arrays and "prediction" in arrays else None
