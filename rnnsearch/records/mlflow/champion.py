"""Register the champion as an MLflow model: as code and weights, without pickle."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.events import ChampionChosen
from rnnsearch.records.contest import Contender
from rnnsearch.records.mlflow.aliases import place
from rnnsearch.records.mlflow.carried import requirements, write_code
from rnnsearch.records.mlflow.inputs import description, input_meanings, mlflow_signature
from rnnsearch.records.names import CHAMPION, STUDY, STUDY_ID, TRIAL
from rnnsearch.records.run_store import Registered, Registering
from rnnsearch.tasks.families import use_of_checkpoint
from rnnsearch.training.codec import stored_configs

if TYPE_CHECKING:
    from mlflow import MlflowClient

EVENT = "rnnsearch.event"
"""A tag of a logged model: the sequence number of the event that it was made from."""


def register_champion(
    client: MlflowClient, study_id: str, event: ChampionChosen, under: Registering
) -> Registered:
    """Log the champion's checkpoint as a model, register it, and give it the alias that it earns.

    Raises:
        ModelError: The checkpoint folder cannot be read.
        mlflow.exceptions.MlflowException: The server refuses, or does not answer.
    """
    import mlflow

    name, run_id = under.name, under.run_id
    config = read_config(Path(event.path))
    model_id = logged_before(client, under, str(under.sequence)) if under.replayed else None
    # MLflow logs a model to the active experiment, not to that of its run.
    mlflow.set_experiment(experiment_id=under.experiment_id)
    if model_id is None:
        tags = {STUDY: under.study, STUDY_ID: study_id, TRIAL: str(event.number)}
        tags[EVENT] = str(under.sequence)
        model_id = log(Path(event.path), config, run_id, tags, _told(event), under.sequence)
    reads = description(use_of_checkpoint(config).signature())
    version = version_of(client, name, model_id, run_id, reads)
    metrics = {**event.val_metrics, **event.test_metrics}
    new = Contender(config, metrics, under.metric, under.goal)
    return place(client, name, version, new, Path(event.path), study_id)


def logged_before(client: MlflowClient, under: Registering, mark: str) -> str | None:
    """The id of a model that an earlier attempt logged from the same event; None if there is
    none.

    Args:
        mark: The value of its tag `EVENT`.
    """
    models = client.search_logged_models(
        [under.experiment_id], filter_string=f"tags.`{EVENT}` = '{mark}'"
    )
    ready = (
        model.model_id
        for model in models
        if model.source_run_id == under.run_id and str(model.status) == "READY"
    )
    return next(ready, None)


def version_of(client: MlflowClient, name: str, model_id: str, run_id: str, reads: str) -> str:
    """The number of the registered version of a logged model; it is made if there is none.

    Args:
        reads: What the model reads, as the version's description.
    """
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"models:/{model_id}"
    quoted = name.replace("'", "''")
    for version in client.search_model_versions(f"name='{quoted}'"):
        if version.source == source or getattr(version, "model_id", None) == model_id:
            return str(version.version)
    made = client.create_model_version(
        name, source, run_id=run_id, model_id=model_id, description=reads
    )
    return str(made.version)


def read_config(checkpoint: Path) -> dict[str, Any]:
    """The content of a checkpoint's `config.json`."""
    try:
        config: dict[str, Any] = json.loads((checkpoint / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"the champion's checkpoint in {checkpoint} is unreadable: {error}"
        ) from error
    return config


def _told(event: ChampionChosen) -> dict[str, Any]:
    """What the champion's model says of itself."""
    told: dict[str, Any] = {
        "trial": event.number,
        "seed": event.seed,
        "metrics": {**event.val_metrics, **event.test_metrics},
    }
    if event.fused:
        told["members"] = [dict(one) for one in event.ensemble["members"]]
    if event.unfinished:
        told["unfinished"] = event.unfinished
    if event.request_seconds is not None:
        told |= {"request_seconds": event.request_seconds, "request": event.request}
    return told


def log(
    checkpoint: Path,
    config: dict[str, Any],
    run_id: str,
    tags: dict[str, str],
    metadata: dict[str, Any],
    step: int,
) -> str:
    """Log a checkpoint folder as a model of a run; returns the model's id.

    Args:
        metadata: What the model says of itself, beside what it reads.
        step: MLflow gives the model all metrics of the run at this step.
    """
    from mlflow.models import Model

    with TemporaryDirectory(prefix="rnnsearch-code-") as code:
        arguments = packaged(checkpoint, config, Path(code))
        arguments["metadata"] |= metadata
        info = Model.log(
            artifact_path=None,
            name=CHAMPION,
            flavor=_NotLoaded,
            flavor_name="mlflow.pyfunc",
            run_id=run_id,
            **arguments,
            tags=tags,
            step=step,
            validate_serving_input=False,
        )
    return str(info.model_id)


class _NotLoaded:
    """`mlflow.pyfunc` as a flavor of `Model.log` whose models are not loaded when they are logged.

    MLflow would load the model and ask it for the answer to its example, and of a failure it would
    warn in the log alone. The driver has loaded the same checkpoint, scored it and measured a
    request. Torch need not be imported here again, which cost a sixth of the writer's time.
    `Model.log` knows `validate_serving_input` and hands it on; pyfunc's `save_model` refuses it.
    """

    @staticmethod
    def save_model(*, validate_serving_input: bool, **arguments: Any) -> None:
        import mlflow

        del validate_serving_input
        mlflow.pyfunc.save_model(**arguments)


def packaged(checkpoint: Path, config: dict[str, Any], code: Path) -> dict[str, Any]:
    """The arguments of `mlflow.pyfunc.save_model` and `Model.log` for a checkpoint.

    Args:
        config: The contents of the checkpoint's `config.json`.
        code: An empty folder, which gets the code that the model carries.
    """
    use = use_of_checkpoint(config)
    signature = use.signature()
    return {
        "python_model": str(Path(__file__).with_name("pyfunc.py")),
        # MLflow reads a path as a URI, with a meaning for `%20`, `?` and `#`: it is given one.
        "artifacts": {"checkpoint": checkpoint.absolute().as_uri()},
        "signature": mlflow_signature(signature),
        "input_example": use.example(),
        "metadata": {"inputs": input_meanings(signature), "parameters": dict(signature.meanings)},
        "code_paths": write_code(code, list(stored_configs(config))),
        "pip_requirements": requirements(list(stored_configs(config))),
    }
