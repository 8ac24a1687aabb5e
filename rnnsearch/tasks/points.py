"""What trained models can do that predict the next points of a signal or a table in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from rnnsearch.errors import DataError, HorizonError, ModelError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Predictor, Task
from rnnsearch.tasks.frames import check_finite
from rnnsearch.tasks.model_facts import CommandTarget
from rnnsearch.tasks.use import Use

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Ended(Protocol):
    """Data of points evenly spaced in time, after whose end a model can go on."""

    def end(self) -> tuple[Floats, Floats]:
        """The times of the last points [points], and their values [points, features]."""
        ...

    def feature_names(self) -> Sequence[str]:
        """The features, as the columns of a table name them."""
        ...


class PointsUse(Use):
    """What a model can do whose outputs are its next inputs."""

    does = "predicts numbers"
    takes: tuple[str, ...] = ("steps",)

    def network_inputs(self, predictor: Predictor, inputs: Any) -> Tensor:
        """See `Use.network_inputs`; a point that is missing is refused."""
        check_finite(inputs)
        return super().network_inputs(predictor, inputs)

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """The points after the end of the task's own signal, or of one in a file with its columns:
        a row a point, and a column `time` if any."""
        import pandas

        data = task().data
        if not isinstance(data, Ended):
            return super().predictions(predictor, source, parameters, task)
        names = data.feature_names()
        times, values = data.end() if source is None else _points(source, names)
        ahead = int(self.manifest.get("horizon", 1))
        steps = parameters.get("steps") or (ahead if ahead > 1 else self.steps() or 1)
        if ahead == 1:
            points = self.rollout(predictor, values[None], steps)[0]
        elif steps > ahead:
            raise HorizonError(
                f"this model predicts {ahead} points ahead; ask for at most {ahead}."
            )
        else:
            points = self._windows(predictor, values, ahead)[:steps]
        spacing = (times[-1] - times[0]) / max(len(times) - 1, 1)
        later = {"time": times[-1] + spacing * np.arange(1, steps + 1)}
        return pandas.DataFrame(later | dict(zip(names, points.T, strict=True)))

    def _windows(self, predictor: Predictor, values: Floats, ahead: int) -> Floats:
        """The points that follow [ahead, features], each from the window that ends so many points
        before it."""
        size = int(self.description.task["window"])
        ends = range(len(values) - ahead + 1, len(values) + 1)
        if ends[0] < size:
            raise ModelError(f"give at least {size + ahead - 1} points, not {len(values)}.")
        windows = np.stack([values[end - size : end] for end in ends])
        return np.asarray(self.predict(predictor, windows)[:, -1])

    def command(self, answer: str) -> tuple[object, ...] | None:
        """A rollout over the longest horizon of the task's metrics."""
        del answer
        steps = self.steps()
        return ("rollout", *(() if steps is None else ("--steps", steps)))

    def steps(self) -> int | None:
        """Time steps of the longest horizon; None leaves the number to the task."""
        task = self.description.task
        horizons = task.get("rollout", {}).get("steps", ())
        return int(max(horizons)) if horizons and task.get("horizon", 1) == 1 else None

    def code(self) -> str:
        """A rollout where predictions can be fed back, else one call of `predict`."""
        if self.manifest.get("horizon", 1) == 1:
            return f"model.rollout({self.zeros()}, steps=20)"
        return super().code()

    def how(self, asked: CommandTarget) -> str:
        """The command of a rollout."""
        return f": {asked.command('rollout')}"

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model writes no text."""
        writes = f"{asked.model} predicts numbers and writes no text; let it go on"
        return {**super().refusals(asked), "sample": writes + self.how(asked)}


def _points(source: Any, names: Sequence[str]) -> tuple[Floats, Floats]:
    """The times [points] and values [points, features] of a table; without a column `time` the
    points are counted from 1.

    Raises:
        ModelError: The source is no file.
        DataError: The file cannot be read, or lacks a column or a value.
    """
    from rnnsearch.tasks.files.blocks import column_names
    from rnnsearch.tasks.files.columns import listed
    from rnnsearch.tasks.files.forms import Wanted
    from rnnsearch.tasks.files.table import read_table

    if not isinstance(source, Path):
        raise ModelError("give a file; of points in memory ask rollout(history, steps).")
    there = column_names(source, names)
    absent = [name for name in names if name not in there]
    if absent:
        raise DataError(f"{source} has no column {absent[0]!r}; its {listed(there, absent[0])}")
    time = ("time",) if "time" in there else ()
    table = read_table(source, Wanted(numbers=tuple(names), time=time))
    if np.isnan(table.values).any():
        row = int(np.argmax(np.isnan(table.values).any(axis=1)))
        raise DataError(f"{table.place(row)}: a value is missing.")
    if table.dated:
        raise DataError(f"{source}: the column 'time' holds dates, and those of waves are numbers.")
    times = np.arange(1.0, len(table.values) + 1) if table.times is None else table.times
    return np.asarray(times, np.float64), table.values
