"""Models out of MLflow's registry."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rnnsearch.errors import ModelError
from rnnsearch.records.tracking_uri import OPTION, sqlite_path
from rnnsearch.redaction import redacted, redactor

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel


def fetch(model_uri: str, tracking_uri: str, *, allow_code: bool = False) -> TrainedModel:
    """A registered model, out of the registry and back in our own hands.

    What MLflow would run to load it, the model's own script, is left alone: only the checkpoint
    beside it is read.

    Args:
        model_uri: Such as `models:/sine@champion` or `runs:/<run>/champion`.
        allow_code: Import the task or cell of a user's own that it names.

    Raises:
        ModelError: There is none under that name, the registry does not answer, the model is not
            one of ours, or it names code that is not allowed.
    """
    from rnnsearch.training.trained import TrainedModel

    path = sqlite_path(tracking_uri)
    if path is not None and not path.exists():
        # MLflow would make an empty database there and then say that the model is missing.
        raise ModelError(f"no MLflow database at {path}; name a store with {OPTION}.")
    with warnings.catch_warnings(), TemporaryDirectory(prefix="rnnsearch-model-") as copies:
        # What mlflow says about its own type hints and SQL is nothing to the caller.
        warnings.simplefilter("ignore")
        checkpoint = _checkpoint(model_uri, tracking_uri, copies)
        return TrainedModel.load(checkpoint, allow_code=allow_code)


def _checkpoint(model_uri: str, tracking_uri: str, copies: str) -> Path:
    """Where a model's checkpoint folder lies on this machine; in `copies` if it came from afar."""
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        # Not by `set_tracking_uri`: a later study of this process would find that choice.
        folder = Path(
            mlflow.artifacts.download_artifacts(
                model_uri, dst_path=copies, tracking_uri=tracking_uri, registry_uri=tracking_uri
            )
        )
        flavors = Model.load(str(folder)).flavors
    except (MlflowException, OSError) as error:
        reason = redactor(tracking_uri)(str(error))
        raise ModelError(
            f"cannot load {model_uri} from {redacted(tracking_uri)}: {reason}. See what is "
            f"registered with `rnnsearch ui`, or name a store with {OPTION}."
        ) from error
    artifacts = flavors.get("python_function", {}).get("artifacts") or {}
    inside = artifacts.get("checkpoint", {}).get("path")
    if not isinstance(inside, str) or not (folder / inside).resolve().is_relative_to(
        folder.resolve()
    ):
        raise ModelError(f"{model_uri} was not registered by rnnsearch.")
    return folder / inside
