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
        # Whoever lets MLflow load a model from code has let it run that model's code.
        self.model = TrainedModel.load(context.artifacts["checkpoint"], allow_code=True)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Forecast the rows that follow, in the units of the data.

        Args:
            model_input: Recent rows with the columns of training, in any order where they have a
                time; of a panel, with its id column, and any number of series. Rows at the end
                without targets are those to predict; they are needed where columns are known
                ahead. Cells may be of any type that the training's file could have.
            params: `steps`: rows to predict; 0 takes the horizon of training. `new_series`:
                whether series that training never saw are forecast, scaled by their own rows.

        Returns:
            A row a step, with `step` from 1 and the targets; of a panel, with the id column.

        Raises:
            ModelError: Rows, columns or cells are not what the model reads.
        """
        del context
        given = params or {}
        return self.model.forecast(
            model_input,
            int(given.get("steps", 0)) or None,
            new_series=bool(given.get("new_series", False)),
        )


set_model(SeriesModel())
