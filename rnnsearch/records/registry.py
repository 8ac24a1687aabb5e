"""Models out of MLflow's registry."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.records.database import sqlite_path

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel


def fetch(model_uri: str, tracking_uri: str) -> TrainedModel:
    """A registered model, out of the registry and back in our own hands.

    Args:
        model_uri: Such as `models:/sine@champion` or `runs:/<run>/champion`.

    Raises:
        ModelError: There is none under that name, the registry does not answer, or the model is
            not one of ours.
    """
    path = sqlite_path(tracking_uri)
    if path is not None and not path.exists():
        # MLflow would make an empty database there and then say that the model is missing.
        raise ModelError(f"no MLflow database at {path}; name a store with --tracking-uri.")
    with warnings.catch_warnings():
        # What mlflow says about its own type hints and SQL is nothing to the caller.
        warnings.simplefilter("ignore")
        loaded = _load(model_uri, tracking_uri)
    from rnnsearch.training.trained import TrainedModel

    model = getattr(loaded, "model", None)
    if not isinstance(model, TrainedModel):
        raise ModelError(f"{model_uri} was not registered by rnnsearch.")
    return model


def _load(model_uri: str, tracking_uri: str) -> Any:
    import mlflow
    from mlflow.exceptions import MlflowException

    mlflow.set_tracking_uri(tracking_uri)
    try:
        return mlflow.pyfunc.load_model(model_uri).unwrap_python_model()
    except (MlflowException, OSError) as error:
        raise ModelError(
            f"cannot load {model_uri} from {tracking_uri}: {error}. See what is registered with "
            "`rnnsearch ui`, or name a store with --tracking-uri."
        ) from error
