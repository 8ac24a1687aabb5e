"""MLflow loads a registered model of numbers from this file (models from code; no pickle).

The file is copied beside the weights, so it stands alone but for `rnnsearch` itself.
"""

from __future__ import annotations

from typing import Any

import mlflow
import numpy as np
from mlflow.models import set_model

from rnnsearch.training.trained import TrainedModel


class NumericModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained network behind MLflow's `predict`; `model` is the `TrainedModel`."""

    model: TrainedModel

    def load_context(self, context: Any) -> None:
        # Whoever lets MLflow load a model from code has let it run that model's code.
        self.model = TrainedModel.load(context.artifacts["checkpoint"], allow_code=True)

    def predict(
        self, context: Any, model_input: np.ndarray, params: dict[str, Any] | None = None
    ) -> Any:
        """Predict the next step from each, or continue a history.

        Args:
            model_input: Numbers of any type, shape (batch, time, feature), in the units of the
                data, or a DataFrame whose rows are the steps of one sequence; or symbols, whole
                numbers, shape (batch, time).
            params: `rollout_steps`: 0 predicts one step from each; n above 0 feeds the model
                its own predictions for n steps.

        Returns:
            Shape (batch, time, feature), or (batch, n, feature) for a rollout; of symbols,
            natural-log probabilities (batch, time, symbol).
        """
        del context
        steps = int((params or {}).get("rollout_steps", 0))
        if steps:
            return self.model.rollout(model_input, steps)
        return self.model.predict(model_input)


set_model(NumericModel())
