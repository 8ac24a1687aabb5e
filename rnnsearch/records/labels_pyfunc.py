"""MLflow loads a registered model of labels from this file (models from code; no pickle).

The file is copied beside the weights, so it stands alone but for `rnnsearch` itself.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd
from mlflow.models import set_model

from rnnsearch.tasks.labels.table import rows_by_id
from rnnsearch.training.trained import TrainedModel


class LabelsModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained network behind MLflow's `predict`; `model` is the `TrainedModel`."""

    model: TrainedModel

    def load_context(self, context: Any) -> None:
        self.model = TrainedModel.load(context.artifacts["checkpoint"])

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Label sequences of any length.

        Args:
            model_input: A column of texts, a sequence a row; or a step a row, in the order of
                time, with the id of its sequence and the columns of numbers of training.

        Returns:
            A row a sequence: of steps, its id; `label`, the likeliest class; and a probability
            for each class, `p_<class>`.
        """
        del context, params
        manifest = self.model.manifest
        columns = manifest["columns"]
        if manifest["reads"] == "text":
            sequences: list[Any] = [str(text) for text in model_input[columns["text"]]]
            names = None
        else:
            values = model_input[manifest["features"]].to_numpy(dtype=float)
            rows = rows_by_id(model_input[columns["id"]])
            sequences, names = [values[own] for own in rows.values()], list(rows)
        found = self.model.classify(sequences)
        table = pd.DataFrame(found.probabilities, columns=[f"p_{name}" for name in found.classes])
        table.insert(0, "label", list(found.labels))
        if names is not None:
            table.insert(0, columns["id"], names)
        return table


set_model(LabelsModel())
