"""Load models from MLflow's registry without running their code."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rnnsearch.errors import ModelError
from rnnsearch.records.tracking_uri import OPTION, VARIABLE, sqlite_path
from rnnsearch.redaction import redacted, redactor

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel


def fetch(model_uri: str, tracking_uri: str, *, allow_code: bool = False) -> TrainedModel:
    """Load a model that rnnsearch has registered.

    MLflow would run the script that lies in the model. Here only the checkpoint beside it is read.

    Args:
        model_uri: Its address, such as `models:/sine@champion` or `runs:/<run>/champion`.
        allow_code: Whether a custom task or cell that the checkpoint names may be imported.

    Raises:
        ModelError: There is no such model, the registry does not answer, the model was not
            registered by rnnsearch, or it names code that is not allowed.
    """
    from rnnsearch.training.trained import TrainedModel

    path = sqlite_path(tracking_uri)
    if path is not None and not path.exists():
        # MLflow would make an empty database here, and then say that the model is missing.
        raise ModelError(f"no MLflow database at {path}; name a store with {OPTION}.")
    with warnings.catch_warnings(), TemporaryDirectory(prefix="rnnsearch-model-") as copies:
        # MLflow warns of its own type hints and SQL, which the caller cannot change.
        warnings.simplefilter("ignore")
        checkpoint = _checkpoint(model_uri, tracking_uri, copies)
        return TrainedModel.load(checkpoint, allow_code=allow_code)


def _checkpoint(model_uri: str, tracking_uri: str, copies: str) -> Path:
    """The checkpoint folder of a model on this machine, in the folder `copies` if it was
    downloaded."""
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    # `download_artifacts` takes a registry's address but asks the process's own registry for an
    # alias (3.17), so the address is set. MLflow keeps it in the environment, where a later study
    # of this process would find it: hence it is put back.
    before = os.environ.get(VARIABLE)
    mlflow.set_tracking_uri(tracking_uri)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=copies))
        flavors = Model.load(str(folder)).flavors
    except (MlflowException, OSError) as error:
        raise ModelError(_refusal(error, model_uri, tracking_uri)) from error
    finally:
        mlflow.set_tracking_uri(before)  # None unsets both
    artifacts = flavors.get("python_function", {}).get("artifacts") or {}
    inside = artifacts.get("checkpoint", {}).get("path")
    if not isinstance(inside, str) or not (folder / inside).resolve().is_relative_to(
        folder.resolve()
    ):
        raise ModelError(f"{model_uri} was not registered by rnnsearch.")
    return folder / inside


def _refusal(error: Exception, model_uri: str, tracking_uri: str) -> str:
    """Why a model cannot be loaded, and what there is in its place."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    from rnnsearch.records.mlflow.absent import nothing_there
    from rnnsearch.records.mlflow.refusals import cause

    text = f"cannot load {model_uri} from {redacted(tracking_uri)}"
    try:
        if known := nothing_there(MlflowClient(tracking_uri, tracking_uri), model_uri):
            return f"{text}: {known}."
    except (MlflowException, SQLAlchemyError, OSError) as silence:
        error = silence  # the registry does not answer, which is the reason of both
    reason = redactor(tracking_uri)(cause(error)).rstrip(".")
    return (
        f"{text}: {reason}. See what is registered with `rnnsearch ui`, or name a store with "
        f"{OPTION}."
    )
