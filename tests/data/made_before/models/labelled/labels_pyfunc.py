"""MLflow loads a registered model of labels from this file (models from code; no pickle).

The file is copied beside the weights, so it stands alone but for `rnnsearch` itself.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd
from mlflow.models import set_model

from rnnsearch.training.trained import TrainedModel


class LabelsModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained network behind MLflow's `predict`; `model` is the `TrainedModel`."""

    model: TrainedModel

    def load_context(self, context: Any) -> None:
        # Whoever lets MLflow load a model from code has let it run that model's code.
        self.model = TrainedModel.load(context.artifacts["checkpoint"], allow_code=True)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Label sequences of any length.

        Args:
            model_input: A column of texts, a sequence a row; or a step a row with the id of its
                sequence and the columns of numbers of training, in any order where training had
                a time, which is needed then. Cells may be of any type that the file could have.

        Returns:
            A row a sequence: of steps, its id; `label`, the likeliest class; and a probability
            for each class, `p_<class>`.

        Raises:
            ModelError: Rows, columns or cells are not what the model reads.
        """
        del context, params
        return self.model.classify(model_input)


set_model(LabelsModel())
