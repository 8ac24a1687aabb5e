"""What a custom task has to have. Nothing here is inherited from; classes only have to fit.

Both kinds are frozen dataclasses whose fields, each with a default, are the keys under `task` in a
space file; the class's docstring with its `Attributes:` is their meaning in `rnnsearch keys`. What
`rnnsearch.vocabulary` has may stand in `Annotated` on a field: its range, its unit and more. A
method `problems(self)` may give pairs of a field and what is wrong with its value. A field called
`path` names a file, relative to the space file; the task finds its absolute path there.

A class attribute `use`, without an annotation, may be a class below `rnnsearch.Use`: what a trained
model can do. It says what the registered model reads (`signature`, `example`) and answers
(`served`), which command shows the model off (`command`, `code`), and what is drawn of it
(`figures`, a list of `rnnsearch.Figure`; or `figure`, one of them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from rnnsearch.tasks.base import Metric, Part, Task, TaskData

if TYPE_CHECKING:
    import numpy as np
    import torch

Predict = Callable[[NDArray[Any]], NDArray[Any]]


class OneTrialTask(Protocol):
    """A task written for one trial, in numpy. A loop over the trials runs it: slow, but right.

    Attributes:
        input_size: Features of an input, or different symbols where inputs are whole numbers.
        output_size: Outputs of the head: numbers to predict, or classes.
        loss: Optional, `mse` unless it says else: any loss of the key `training.loss` but
            `quantile`.
        symbolic: Optional, False unless it says else: whether inputs are symbols.

    An optional method `sha256(self)` says what its data is, as a text that changes with it; a study
    is not reopened on other data. Without it the file of a field `path`, a first batch and what
    `evaluate` shows and finds are compared.

    An optional method `figures(self, predict)` gives a list of `rnnsearch.Figure`: the pictures of
    one trained network, which `predict` asks as in `evaluate`.
    """

    input_size: int
    output_size: int

    def batch(self, generator: np.random.Generator, size: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """New training sequences, drawn from the generator alone.

        Returns:
            Inputs (size, time, input_size), or whole numbers (size, time); and targets (size, time,
            output_size), or of `cross_entropy` classes (size, time). Targets of one step in time
            ask for one answer, at the end of a sequence.
        """
        ...

    def metrics(self) -> Sequence[Metric]:
        """What `evaluate` reports of the part `val`, the most important one first.

        The one that is marked with `loss=True`, else the first to minimize, breaks the ties of the
        others: many networks reach an accuracy of 1.0, and few of them the lowest loss.
        """
        ...

    def evaluate(self, predict: Predict, part: Part) -> Mapping[str, float]:
        """Metrics of a part under full names (`val_mse`, `test_mse`).

        The parts should share nothing, and the same call should give the same data. The champion
        is scored on `test` at the end; a task without such a part returns {} there.

        Args:
            predict: From inputs as in `batch`, any number of them, to the outputs of one trained
                network (size, time or 1, output_size), from the zero state.
        """
        ...


class WholeTask(Protocol):
    """A task in torch for all trials of a stack at once, as the ones that rnnsearch has."""

    def load(self) -> TaskData:
        """Read and split the data, without torch. Called once, by the driver.

        Raises:
            rnnsearch.errors.DataError: The data will not do; the text reaches the user.
        """
        ...

    def build(self, data: TaskData, device: torch.device, dtype: torch.dtype) -> Task:
        """The task (`tasks.base.Task`) on a device; `say` (`tasks.base.Saying`) is optional.

        Called by every pack.
        """
        ...
