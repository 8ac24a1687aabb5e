"""The winner as a registered MLflow model, from code, without pickle."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.events import ChampionChosen
from rnnsearch.records.names import CHAMPION, STUDY, STUDY_ID, TRIAL, registered_name

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

EVENT = "rnnsearch.event"
"""Tag of a logged model: the sequence number of the event that it was made from."""

_PACKAGES = ("torch", "numpy", "safetensors", "mlflow")


def register_champion(
    client: MlflowClient,
    event: ChampionChosen,
    *,
    study: str,
    study_id: str,
    experiment_id: str,
    run_id: str,
    sequence: int,
    replayed: bool,
) -> str:
    """Log the champion's checkpoint as a model of a run, register it, and move the alias.

    Args:
        run_id: The study's run.
        sequence: The event's number; with `replayed`, a model that was made from it before the
            writer was killed is found and finished instead of made twice.

    Returns:
        `models:/<name>/<version>`.

    Raises:
        ModelError: The checkpoint folder cannot be read.
        mlflow.exceptions.MlflowException: The server refuses or is away.
    """
    import mlflow

    name = registered_name(study)
    model_id = _logged_before(client, experiment_id, run_id, sequence) if replayed else None
    if model_id is None:
        tags = {STUDY: study, STUDY_ID: study_id, TRIAL: str(event.number), EVENT: str(sequence)}
        # A logged model lies in the experiment that is active, not in that of its run.
        mlflow.set_experiment(experiment_id=experiment_id)
        model_id = _log(Path(event.path), run_id, tags, event, sequence)
    version = _version(client, name, model_id, run_id)
    client.set_registered_model_alias(name, CHAMPION, version)
    return f"models:/{name}/{version}"


def _logged_before(
    client: MlflowClient, experiment_id: str, run_id: str, sequence: int
) -> str | None:
    models = client.search_logged_models(
        [experiment_id], filter_string=f"tags.`{EVENT}` = '{sequence}'"
    )
    ready = (
        model.model_id
        for model in models
        if model.source_run_id == run_id and str(model.status) == "READY"
    )
    return next(ready, None)


def _version(client: MlflowClient, name: str, model_id: str, run_id: str) -> str:
    """The registered version of a logged model, made if there is none."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"models:/{model_id}"
    for version in client.search_model_versions(f"name='{_quoted(name)}'"):
        if version.source == source or getattr(version, "model_id", None) == model_id:
            return str(version.version)
    made = client.create_model_version(name, source, run_id=run_id, model_id=model_id)
    return str(made.version)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _log(
    checkpoint: Path, run_id: str, tags: dict[str, str], event: ChampionChosen, step: int
) -> str:
    import mlflow
    from mlflow.models import Model

    try:
        config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"the champion's checkpoint in {checkpoint} is unreadable: {error}"
        ) from error
    code = "text_pyfunc.py" if _writes(config) else "numeric_pyfunc.py"
    if config["manifest"].get("task") == "series":
        code = "series_pyfunc.py"
    elif _labels(config):
        code = "labels_pyfunc.py"
    metrics = {**event.val_metrics, **event.test_metrics}
    info = Model.log(
        artifact_path=None,
        name=CHAMPION,
        flavor=mlflow.pyfunc,
        run_id=run_id,
        python_model=str(Path(__file__).with_name(code)),
        artifacts={"checkpoint": str(checkpoint)},
        signature=signature(config),
        input_example=input_example(config),
        metadata={"trial": event.number, "seed": event.seed, "metrics": metrics},
        # rnnsearch itself is not on a package index: a server that rebuilds the environment
        # from this list installs it beside, from its repository.
        pip_requirements=[f"{each}=={importlib.metadata.version(each)}" for each in _PACKAGES],
        tags=tags,
        step=step,
    )
    return str(info.model_id)


def signature(config: dict[str, Any]) -> ModelSignature:
    """Shapes and parameters of a model, from its checkpoint's config.json."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec

    if _writes(config):
        return ModelSignature(
            inputs=Schema([ColSpec("string", "prompt")]),
            outputs=Schema([ColSpec("string")]),
            params=ParamSchema(
                [
                    ParamSpec("length", "integer", 200),
                    ParamSpec("temperature", "double", 0.8),
                    ParamSpec("seed", "integer", 0),
                ]
            ),
        )
    manifest = config["manifest"]
    if _labels(config):
        names = labels_columns(manifest)
        whose = [] if manifest["reads"] == "text" else [ColSpec("string", names[0])]
        return ModelSignature(
            inputs=Schema(
                [ColSpec("string", names[0])] + [ColSpec("double", name) for name in names[1:]]
            ),
            outputs=Schema(
                [*whose, ColSpec("string", "label")]
                + [ColSpec("double", f"p_{name}") for name in manifest["classes"]]
            ),
        )
    if manifest.get("task") == "series":
        whose = [ColSpec("string", manifest["id"])] if manifest["id"] else []
        read = [*manifest["targets"], *manifest["past"], *manifest["known"]]
        return ModelSignature(
            inputs=Schema([*whose, *(ColSpec("double", name) for name in read)]),
            outputs=Schema(
                [
                    *whose,
                    ColSpec("long", "step"),
                    *(ColSpec("double", name) for name in manifest["targets"]),
                ]
            ),
            params=ParamSchema([ParamSpec("steps", "integer", 0)]),
        )
    number = np.dtype(np.float32)
    if config["symbolic"]:
        return ModelSignature(
            inputs=Schema([TensorSpec(np.dtype(np.int64), (-1, -1))]),
            outputs=Schema([TensorSpec(number, (-1, -1, config["output_size"]))]),
        )
    return ModelSignature(
        inputs=Schema([TensorSpec(number, (-1, -1, config["input_size"]))]),
        outputs=Schema([TensorSpec(number, (-1, -1, config["output_size"]))]),
        params=ParamSchema([ParamSpec("rollout_steps", "integer", 0)]),
    )


def input_example(config: dict[str, Any]) -> Any:
    """An input that the model takes: a wave, a table, or a symbol of its own alphabet."""
    if _writes(config):
        import pandas as pd

        return pd.DataFrame({"prompt": [_first_symbol(config)]})
    import numpy as np

    if config["manifest"].get("task") == "series":
        return _rows(config["manifest"])
    if _labels(config):
        return _sequences(config["manifest"])
    if config["symbolic"]:
        return np.arange(10, dtype=np.int64)[None] % config["input_size"]
    wave = np.sin(np.linspace(0.0, 2.0, 10, dtype=np.float32))
    return np.repeat(wave[None, :, None], config["input_size"], axis=2)


def _rows(manifest: dict[str, Any]) -> Any:
    """As many rows as a context, at each column's own level, and the horizon to predict."""
    import numpy as np
    import pandas as pd

    from rnnsearch.tasks.series.transforms import restored

    read = [*manifest["targets"], *manifest["past"], *manifest["known"]]
    context, horizon = manifest["context"], manifest["horizon"]
    wave = np.sin(np.arange(context + horizon))[:, None]
    cells = np.array(manifest["center"][0]) + wave * np.array(manifest["scale"][0])
    kind, count = manifest.get("transform", "none"), len(manifest["targets"])
    if kind != "none":
        cells[:, :count] = np.maximum(restored(cells[:, :count], kind), 0.0)
    table = pd.DataFrame(cells, columns=read)
    table.loc[context:, [*manifest["targets"], *manifest["past"]]] = np.nan
    if manifest["id"]:
        table.insert(0, manifest["id"], manifest["series"][0])
    return table


def labels_columns(manifest: dict[str, Any]) -> list[str]:
    """The columns that a model of labels reads, the first of them text."""
    columns = manifest["columns"]
    if manifest["reads"] == "text":
        return [columns["text"]]
    return [columns["id"], *manifest["features"]]


def _sequences(manifest: dict[str, Any]) -> Any:
    """A short text, or a sequence of three steps at each column's own level."""
    import numpy as np
    import pandas as pd

    names = labels_columns(manifest)
    if manifest["reads"] == "text":
        return pd.DataFrame({names[0]: [manifest["alphabet"].strip()[-3:]]})
    level = np.array(manifest["scaler"]["center"]) + np.zeros((3, 1))
    table = pd.DataFrame(level, columns=names[1:])
    table.insert(0, names[0], "one")
    return table


def _labels(config: dict[str, Any]) -> bool:
    return bool(config["manifest"].get("task") == "labels")


def _writes(config: dict[str, Any]) -> bool:
    """Whether the model is one of a text; other symbols have no letters."""
    return "vocabulary" in config["manifest"]


def _first_symbol(config: dict[str, Any]) -> str:
    """A letter of the alphabet where there is one (a byte model lists its bytes as numbers)."""
    symbols = config["manifest"]["vocabulary"]
    if not isinstance(symbols, str):
        symbols = "".join(chr(symbol) for symbol in symbols if symbol < 128)
    return next((symbol for symbol in symbols if symbol.isalpha()), symbols[:1])
