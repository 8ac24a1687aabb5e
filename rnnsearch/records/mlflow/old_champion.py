"""The champion of before: what it is known to have reached, and what it reaches on newer data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.records.contest import Contender

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def contender(client: MlflowClient, champion: ModelVersion) -> Contender | str:
    """A registered version as a contender, or why it is none.

    Whatever keeps its files from being read is a reason: if the store itself is away, the call
    that comes next says so, and all is asked again.
    """
    from mlflow.exceptions import MlflowException

    try:
        tags = tags_of(client, champion)
        with TemporaryDirectory(prefix="rnnsearch-old-") as copies:
            path, metadata = _fetched(champion, "config.json", copies)
            checkpoint = json.loads(path.read_text(encoding="utf-8"))
        metrics = dict(metadata.get("metrics") or {})
        checkpoint["config"]["task"]["type"]  # what is no checkpoint raises here
        return Contender(checkpoint, metrics, tags["metric"], tags["goal"])
    except (MlflowException, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"its files or its run cannot be read ({_reason(error)})"


def scored(champion: ModelVersion, new: Path) -> Mapping[str, float] | str:
    """The metrics of a registered version on the test part of a new model's data, or why there are
    none.

    Whatever keeps it from being scored is a reason, since the new model is registered either way.
    Classes of a person's own are imported where the new model has the same ones.

    Args:
        new: The checkpoint folder of the new model.
    """
    from rnnsearch.training.codec import custom_classes
    from rnnsearch.training.comparison import scored_on
    from rnnsearch.training.loading import load_model
    from rnnsearch.training.trained import TrainedModel

    try:
        later = load_model(new, allow_code=True)
        if not isinstance(later, TrainedModel):
            return "a training script scores its own models alone"
        with TemporaryDirectory(prefix="rnnsearch-old-") as copies:
            folder, _ = _fetched(champion, "", copies)
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))["config"]
            known = json.loads((new / "config.json").read_text(encoding="utf-8"))["config"]
            strange = set(custom_classes(config)) - set(custom_classes(known))
            if strange:
                return f"it needs {' and '.join(sorted(strange))}, which the new one does not"
            return scored_on(TrainedModel.load(folder, allow_code=True), later)
    except ModelError as error:
        return str(error).rstrip(".")
    except Exception as error:  # a person's code may raise anything; the verdict tells it
        return f"it fails there ({_reason(error)})"


def tags_of(client: MlflowClient, champion: ModelVersion) -> Mapping[str, str]:
    """The tags of the study's run that a version came from; empty where that is gone."""
    from mlflow.exceptions import MlflowException

    try:
        return dict(client.get_run(champion.run_id).data.tags) if champion.run_id else {}
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}


def _fetched(champion: ModelVersion, file: str, copies: str) -> tuple[Path, dict[str, Any]]:
    """A file of a version's checkpoint, or with an empty name its folder, and the metadata of the
    model."""
    import mlflow
    from mlflow.models import Model

    base = f"models:/{champion.name}/{champion.version}"
    fetch = mlflow.artifacts.download_artifacts
    model = Model.load(fetch(artifact_uri=f"{base}/MLmodel", dst_path=copies))
    inside = model.flavors["python_function"]["artifacts"]["checkpoint"]["path"]
    address = f"{base}/{inside}/{file}".rstrip("/")
    return Path(fetch(artifact_uri=address, dst_path=copies)), dict(model.metadata or {})


def _reason(error: Exception) -> str:
    """The first line of an error, or what kind it is."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
