"""MLflow loads a registered model of a table from this file (models from code; no pickle).

The file is copied beside the weights, so it stands alone but for `rnnsearch` itself.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd
from mlflow.models import set_model

from rnnsearch.training.trained import TrainedModel


class SeriesModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained network behind MLflow's `predict`; `model` is the `TrainedModel`."""

    model: TrainedModel

    def load_context(self, context: Any) -> None:
        self.model = TrainedModel.load(context.artifacts["checkpoint"])

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Forecast the rows that follow, in the units of the data.

        Args:
            model_input: Recent rows in the order of time, with the columns of training; of a
                panel, with its id column, and any number of series. Rows at the end without
                targets are those to predict; they are needed where columns are known ahead.
            params: `steps`: rows to predict; 0 takes the horizon of training.

        Returns:
            A row a step, with `step` from 1 and the targets; of a panel, with the id column.
        """
        del context
        manifest = self.model.manifest
        steps = int((params or {}).get("steps", 0)) or None
        read = [*manifest["targets"], *manifest["past"], *manifest["known"]]
        if not manifest["id"]:
            return self._continued(model_input[read], steps, None)
        found = []
        for name, rows in model_input.groupby(manifest["id"], sort=False):
            table = self._continued(rows[read], steps, str(name))
            table.insert(0, manifest["id"], str(name))
            found.append(table)
        return pd.concat(found, ignore_index=True)

    def _continued(self, rows: pd.DataFrame, steps: int | None, series: str | None) -> pd.DataFrame:
        values = self.model.forecast(rows.to_numpy("float64")[None], steps, series)[0]
        table = pd.DataFrame(values, columns=list(self.model.manifest["targets"]))
        table.insert(0, "step", range(1, len(table) + 1))
        return table


set_model(SeriesModel())
