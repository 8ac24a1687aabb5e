"""MLflow loads a registered model from this file (models from code; no pickle).

The file is copied beside the weights, so it stands alone but for `rnnsearch` itself.
"""

from __future__ import annotations

from typing import Any

import mlflow
import numpy as np
from mlflow.models import set_model

from rnnsearch.training.trained import TrainedModel


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained network behind MLflow's `predict`; `model` is the `TrainedModel`."""

    model: TrainedModel

    def load_context(self, context: Any) -> None:
        # Whoever lets MLflow load a model from code has let it run that model's code.
        self.model = TrainedModel.load(context.artifacts["checkpoint"], allow_code=True)

    def predict(
        self, context: Any, model_input: np.ndarray, params: dict[str, Any] | None = None
    ) -> Any:
        """What the model's task makes of it: see `served` of the class `use` of that task.

        Args:
            model_input: A table or an array, as the signature says. MLflow makes nothing of the
                hint that it is an array, and warns of one that says more.
            params: As the signature says.

        Raises:
            rnnsearch.errors.ModelError: It is not what the model reads.
        """
        del context
        return self.model.served(model_input, params)


set_model(Served())
