"""MLflow loads a registered model of text from this file (models from code; no pickle).

The file is copied beside the weights, so it stands alone but for `rnnsearch` itself.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd
from mlflow.models import set_model

from rnnsearch.errors import PromptError
from rnnsearch.tasks.frames import text_cells
from rnnsearch.training.trained import TrainedModel


class TextModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained network behind MLflow's `predict`; `model` is the `TrainedModel`."""

    model: TrainedModel

    def load_context(self, context: Any) -> None:
        # Whoever lets MLflow load a model from code has let it run that model's code.
        self.model = TrainedModel.load(context.artifacts["checkpoint"], allow_code=True)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[str]:
        """Continue prompts.

        Args:
            model_input: A column `prompt` of strings.
            params: `length` in symbols, `temperature` above 0, `seed`.

        Returns:
            The continuation of each prompt, without the prompt. A symbol that the vocabulary lacks
            is read as the unknown symbol where the model has one (`max_vocabulary`).

        Raises:
            PromptError: A prompt is empty, or holds symbols that the model cannot read; the row
                and the symbols are named, and nothing is predicted.
            ModelError: A cell of the column is missing, or it holds no texts.
        """
        del context
        given = params or {}
        length, seed = int(given.get("length", 200)), int(given.get("seed", 0))
        temperature = float(given.get("temperature", 0.8))
        prompts = text_cells(model_input, "prompt")
        vocabulary = self.model.vocabulary()
        for row, prompt in enumerate(prompts):
            try:
                vocabulary.encode(prompt)
            except PromptError as error:
                raise PromptError(f"prompt {row}: {error}") from error
        return [
            self.model.sample(prompt, length=length, temperature=temperature, seed=seed)
            for prompt in prompts
        ]


set_model(TextModel())
