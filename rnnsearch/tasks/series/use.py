"""What a trained model of a table can do: forecast the rows that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.base import Predictor, State, Task
from rnnsearch.tasks.exported import Answer
from rnnsearch.tasks.frames import CSV, is_frame
from rnnsearch.tasks.interface import Interface
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.points import PointsUse
from rnnsearch.tasks.series.example import example
from rnnsearch.tasks.series.intervals import beside_names
from rnnsearch.tasks.series.noted import NOTE, noting
from rnnsearch.tasks.series.written import csv_like
from rnnsearch.tasks.signature import Column, Signature
from rnnsearch.tasks.use import OWN_PREDICTIONS

if TYPE_CHECKING:
    from rnnsearch.tasks.series.tables import Forecasts


class SeriesUse(PointsUse):
    """What a trained model of a table can do."""

    takes = ("steps", "new_series")

    def __init__(self, description: ModelDescription) -> None:
        super().__init__(description)
        self._direct = self.manifest.get("strategy") == "direct"
        if self._direct:
            self.head = "last"

    def interface(self) -> Interface:
        """See `series.exported.interface`."""
        from rnnsearch.tasks.series.exported import interface

        return interface(self.manifest)

    def answered(
        self,
        predictor: Predictor,
        x: NDArray[Any],
        state: State,
        lengths: NDArray[np.int64] | None = None,
        series: NDArray[np.int64] | None = None,
    ) -> Answer:
        """See `Exported.answered`."""
        from rnnsearch.tasks.series.exported import answered

        del lengths
        return answered(self.manifest, predictor, x, state, series)

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """See `TrainedModel.predict`."""
        return self.forecast(predictor, inputs)

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        return self.forecast(predictor, history, steps)

    def forecast(
        self,
        predictor: Predictor,
        rows: Any,
        steps: int | None = None,
        series: str | None = None,
        new_series: bool = False,
    ) -> Any:
        """See `TrainedModel.forecast`."""
        from rnnsearch.tasks.series.from_rows import forecast_rows

        if is_frame(rows):
            return self._forecasts(predictor, rows, steps, new_series).short()
        return forecast_rows(self.manifest, predictor, rows, steps, series, new_series)

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """The rows after the end of each series of a file, with their times."""
        del task
        if source is None:
            # Where the parts have files of their own, the last part ends last.
            files = ("test_path", "val_path", "path")
            config = self.description.task
            path = next((config[key] for key in files if config.get(key)), None)
            if not path or not Path(path).exists():
                raise ModelError(
                    f"the data of the training, {path}, is not here; give a file whose last rows "
                    "come before those to predict."
                )
            source = Path(path)
        try:
            table = self._forecasts(predictor, source, **parameters).dated()
        except (ModelError, HorizonError) as error:
            if not isinstance(source, Path) or str(error).startswith(str(source)):
                raise
            raise type(error)(f"{source}: {error}") from error
        if isinstance(source, Path):
            table.attrs[CSV] = csv_like(self.manifest, source)
        return table

    def _forecasts(
        self,
        predictor: Predictor,
        source: Any,
        steps: int | None = None,
        new_series: bool = False,
    ) -> Forecasts:
        from rnnsearch.tasks.series.tables import forecasts

        return forecasts(self.manifest, predictor, source, steps, new_series)

    def signature(self) -> Signature:
        """The columns of recent rows that a model reads, and those of the rows that it gives."""
        manifest = self.manifest
        id, times = manifest["id"], list(manifest.get("time", ()))
        meanings = {id: "which series a row belongs to"} if id else {}
        kind = "time, as dates" if manifest.get("dated") else "time, as numbers"
        meanings |= dict.fromkeys(times, kind)
        measured = [*manifest["targets"], *manifest["past"]]
        meanings |= dict.fromkeys(measured, "numbers; empty in rows to predict")
        meanings |= dict.fromkeys(manifest["known"], "numbers, known ahead")
        meanings |= dict.fromkeys(manifest.get("static", ()), "one value in each series")
        for name in manifest.get("categories", ()):
            when = "known ahead" if name in manifest["known"] else "empty in rows to predict"
            role = meanings[name] if name in (id, *manifest["static"]) else when
            meanings[name] = f"a category, {role}"
        indexed = (id, *times)
        whose = (Column(id, "string"),) if id else ()
        return Signature(
            tuple(
                Column(name, meaning=meaning, required=name not in indexed)
                for name, meaning in meanings.items()
            ),
            (
                *whose,
                Column("step", "long"),
                *(Column(name, "double") for name in manifest["targets"]),
                *(Column(name, meaning=kind) for name in times if name != "step"),
                *(Column(name, "double") for name in beside_names(manifest)),
                Column(NOTE, "string", "what is to be said of the rows, if anything", False),
            ),
            (("steps", 0), ("new_series", False), ("all_columns", True)),
            {
                "steps": "rows to predict; 0 takes the horizon of the training",
                "new_series": "also forecast series that training never saw, by their own level",
                "all_columns": "behind the targets the time, quantiles, intervals and notes",
            },
        )

    def example(self) -> Any:
        """Made rows that the model can read; see `example.example`."""
        return example(self.manifest)

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> Any:
        """Forecast the rows that follow, in the units of the data.

        Args:
            given: A DataFrame of recent rows with the columns of training, in any order where they
                have a time; of a panel, with its id column, and any number of series. Rows at the
                end without targets are those to predict; they are needed where columns are known
                ahead. Cells may be of any type that the training's file could have.
            parameters: `steps`: rows to predict; 0 takes the horizon of training. `new_series`:
                whether series that training never saw are forecast, scaled by their own rows.
                `all_columns`: see below; models that were registered before have no such parameter.

        Returns:
            A row a step: of a panel the id column, then `step` from 1 and the targets; with
            `all_columns` behind these the time, written as in `given`, the quantiles but for the
            median, the ends of intervals, and where something is to be said of the rows, a `note`.

        Raises:
            ModelError: Rows, columns or cells are not what the model reads.
        """
        steps = int(parameters.get("steps", 0)) or None
        new_series = bool(parameters.get("new_series", False))
        if not parameters.get("all_columns", False):
            return self._forecasts(predictor, given, steps, new_series).short()
        with noting() as notes:
            table = self._forecasts(predictor, given, steps, new_series).full()
        if notes and NOTE not in table.columns:
            table[NOTE] = "; ".join(note.rstrip(".") for note in notes)
        return table

    def steps(self) -> int | None:
        """The rows that a forecast has by default; None for a horizon of one row."""
        horizon = self.description.task.get("horizon", 1)
        return int(horizon) if horizon > 1 else None

    def code(self) -> str:
        """An expression for the forecast that the study's picture shows first."""
        return "model.panels().shown[0].prediction"

    def caption(self) -> str:
        """How the forecast was made: of a direct one, how many rows it has at once."""
        horizon = int(self.manifest.get("horizon", 1))
        rows = f"{horizon} row{'s' if horizon > 1 else ''} ahead"
        return rows if self._direct else OWN_PREDICTIONS
