"""The code of a registered model: MLflow runs this file to load one, and unpickles nothing.

The file is copied beside the weights, so it imports nothing but installed packages, and rnnsearch
from the archive that the model carries where that is not installed.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models import set_model

if TYPE_CHECKING:
    from rnnsearch.training.script.model import ScriptModel
    from rnnsearch.training.trained import TrainedModel

if importlib.util.find_spec("rnnsearch") is None:
    sys.path.append(str(Path(__file__).parent / "code" / "rnnsearch.zip"))


class _Dropped(logging.Filter):
    """Hears which parameters MLflow drops since the signature does not name them, of which it warns
    in its log alone: an answer that ignores what was asked would be a wrong one."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text.startswith("Unrecognized params") or "Ignoring provided params" in text:
            names = re.search(r"\[(.*?)\]", text)
            self._heard.names = re.findall(r"'([^']*)'", names[1]) if names else []
        return True

    def taken(self) -> list[str]:
        """The names that were dropped for the request of this thread, which are forgotten then."""
        names: list[str] = getattr(self._heard, "names", [])
        self._heard.names = []
        return names


_dropped = _Dropped()
logging.getLogger("mlflow.models.utils").addFilter(_dropped)


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A trained model behind MLflow's interface."""

    model: TrainedModel | ScriptModel

    def load_context(self, context: Any) -> None:
        from rnnsearch.training.loading import load_model

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
        from rnnsearch.errors import RnnsearchError

        try:
            return self.model.served(
                model_input, {**(params or {}), **dict.fromkeys(_dropped.taken())}
            )
        except RnnsearchError as error:
            raise _told_to_clients(error) from error


def _told_to_clients(error: Exception) -> Exception:
    """An error that is MLflow's as well as its own: of others, MLflow's server hides the text."""
    kind = type(error)
    both: Any = type(kind.__name__, (MlflowException, kind), {"__module__": kind.__module__})
    told: Exception = both.invalid_parameter_value(str(error))
    return told


set_model(Served())
