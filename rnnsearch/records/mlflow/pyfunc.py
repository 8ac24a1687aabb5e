"""The code of a registered model: MLflow runs this file to load one, and unpickles nothing.

The file is copied beside the weights, so it imports nothing but installed packages.
"""

from __future__ import annotations

from typing import Any

import mlflow
import numpy as np
from mlflow.models import set_model

from rnnsearch.training.loading import load_model
from rnnsearch.training.script.model import ScriptModel
from rnnsearch.training.trained import TrainedModel


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained model behind MLflow's interface."""

    model: TrainedModel | ScriptModel

    def load_context(self, context: Any) -> None:
        # A person who lets MLflow load this file has allowed it to run the model's code.
        self.model = load_model(context.artifacts["checkpoint"], allow_code=True)

    def predict(
        self, context: Any, model_input: np.ndarray, params: dict[str, Any] | None = None
    ) -> Any:
        """Answer with the model: the task's class `Use` says, in `served`, what it makes of inputs.

        Args:
            model_input: A table or an array, as the signature says. MLflow ignores the type hint of
                an array here, and would warn of a wider one.
            params: The parameters that the signature names.

        Raises:
            rnnsearch.errors.ModelError: The model cannot read the input.
        """
        del context
        return self.model.served(model_input, params)


set_model(Served())
