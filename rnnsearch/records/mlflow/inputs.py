"""What goes into a registered model and comes out: its signature, words and an example."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec


def signature(config: dict[str, Any]) -> ModelSignature:
    """Columns and parameters of a model, from its checkpoint's config.json.

    Columns have names and MLflow's type `any`: the model reads them as the training's file reader
    does, whereas MLflow refuses whole numbers where it was promised `double`, and numbers where it
    was promised ids. An array has no schema, since MLflow takes float32 for nothing else.
    """
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    manifest = config["manifest"]
    if is_text(config):
        return ModelSignature(
            inputs=Schema([ColSpec(AnyType(), "prompt")]),
            outputs=Schema([ColSpec("string")]),
            params=ParamSchema(
                [
                    ParamSpec("length", "integer", 200),
                    ParamSpec("temperature", "double", 0.8),
                    ParamSpec("seed", "integer", 0),
                ]
            ),
        )
    if is_labels(config):
        names = labels_columns(manifest)
        whose = [] if manifest["reads"] == "text" else [ColSpec("string", names[0])]
        return ModelSignature(
            inputs=Schema([_read(name, manifest) for name in names]),
            outputs=Schema(
                [*whose, ColSpec("string", "label")]
                + [ColSpec("double", f"p_{name}") for name in manifest["classes"]]
            ),
        )
    if manifest.get("task") == "series":
        whose = [ColSpec("string", manifest["id"])] if manifest["id"] else []
        return ModelSignature(
            inputs=Schema([_read(name, manifest) for name in series_columns(manifest)]),
            outputs=Schema(
                [
                    *whose,
                    ColSpec("long", "step"),
                    *(ColSpec("double", name) for name in manifest["targets"]),
                ]
            ),
            params=ParamSchema(
                [ParamSpec("steps", "integer", 0), ParamSpec("new_series", "boolean", False)]
            ),
        )
    answer = TensorSpec(np.dtype(np.float32), (-1, -1, config["output_size"]))
    rollout = ParamSchema([ParamSpec("rollout_steps", "integer", 0)])
    return ModelSignature(
        inputs=None, outputs=Schema([answer]), params=None if config["symbolic"] else rollout
    )


def _read(name: str, manifest: dict[str, Any]) -> ColSpec:
    """A column of any type; an id or a time may be the frame's index instead."""
    from mlflow.types import ColSpec
    from mlflow.types.schema import AnyType

    labels = manifest.get("columns", {})
    indexed = (manifest.get("id"), *_times(manifest), labels.get("id"), labels.get("time"))
    return ColSpec(AnyType(), name, required=name not in indexed)


def _times(manifest: dict[str, Any]) -> list[str]:
    """The columns that hold the time of a table; a model of an older version names none."""
    return list(manifest.get("time", ()))


def inputs_said(config: dict[str, Any]) -> str | dict[str, str]:
    """What a model reads, in words: of each column, or of an array."""
    manifest = config["manifest"]
    if is_text(config):
        return {"prompt": "text to go on with"}
    if is_labels(config):
        columns = manifest["columns"]
        if manifest["reads"] == "text":
            return {columns["text"]: "text to label"}
        times = {columns["time"]: "orders the steps"} if columns["time"] else {}
        numbers = dict.fromkeys(manifest["features"], "numbers")
        return {columns["id"]: "which sequence a step belongs to"} | times | numbers
    if manifest.get("task") == "series":
        said = {manifest["id"]: "which series a row belongs to"} if manifest["id"] else {}
        kind = "time, as dates" if manifest.get("dated") else "time, as numbers"
        said |= dict.fromkeys(_times(manifest), kind)
        said |= dict.fromkeys(manifest["targets"], "numbers; empty in rows to predict")
        said |= dict.fromkeys(manifest["past"], "numbers; empty in rows to predict")
        return said | dict.fromkeys(manifest["known"], "numbers, known ahead")
    if config["symbolic"]:
        return "symbols as whole numbers, shape (batch, time)"
    return f"numbers of any type, shape (batch, time, {config['input_size']})"


def input_example(config: dict[str, Any]) -> Any:
    """An input that the model takes: a wave, a table, or a symbol of its own alphabet."""
    if is_text(config):
        import pandas as pd

        return pd.DataFrame({"prompt": [_first_symbol(config)]})
    import numpy as np

    if config["manifest"].get("task") == "series":
        return _rows(config["manifest"])
    if is_labels(config):
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
    for at, (name, cells) in enumerate(_example_times(manifest, len(table)).items()):
        table.insert(at, name, cells)
    if manifest["id"]:
        table.insert(0, manifest["id"], manifest["series"][0])
    return table


def _example_times(manifest: dict[str, Any], rows: int) -> dict[str, list[Any]]:
    """Cells of the columns that hold the time, at the usual step, as such a model reads them."""
    if not _times(manifest):
        return {}
    if not manifest["dated"]:
        step = manifest["step"] or 1
        return {name: [row * step for row in range(rows)] for name in _times(manifest)}
    step = timedelta(seconds=manifest["step"] or 86400)
    times = [datetime(2024, 1, 1) + row * step for row in range(rows)]
    said = manifest["forms"]["time"]
    found: dict[str, list[Any]] = {}
    for name, role, form in zip(_times(manifest), said["roles"], said["forms"], strict=True):
        if role == "clock":
            found[name] = [time.time().isoformat() for time in times]
        elif role != "time":
            found[name] = [getattr(time, role) for time in times]
        else:
            alone = len(said["roles"]) == 1
            zone = "+00:00" if form["zoned"] else ""
            found[name] = [str(time if alone else time.date()) + zone for time in times]
    return found


def series_columns(manifest: dict[str, Any]) -> list[str]:
    """The columns that a model of a table reads; one of an older version asks for no time."""
    first = [] if manifest["id"] is None else [manifest["id"]]
    return [*first, *_times(manifest), *manifest["targets"], *manifest["past"], *manifest["known"]]


def labels_columns(manifest: dict[str, Any]) -> list[str]:
    """The columns that a model of labels reads: its texts, or an id, a time, and numbers."""
    columns = manifest["columns"]
    if manifest["reads"] == "text":
        return [columns["text"]]
    times = [columns["time"]] if columns["time"] else []
    return [columns["id"], *times, *manifest["features"]]


def _sequences(manifest: dict[str, Any]) -> Any:
    """A short text, or a sequence of three steps at each column's own level."""
    import numpy as np
    import pandas as pd

    names = labels_columns(manifest)
    if manifest["reads"] == "text":
        return pd.DataFrame({names[0]: [manifest["alphabet"].strip()[-3:]]})
    level = np.array(manifest["scaler"]["center"]) + np.zeros((3, 1))
    table = pd.DataFrame(level, columns=manifest["features"])
    if manifest["columns"]["time"]:
        table.insert(0, manifest["columns"]["time"], np.arange(3))
    table.insert(0, names[0], "one")
    return table


def is_labels(config: dict[str, Any]) -> bool:
    return bool(config["manifest"].get("task") == "labels")


def is_text(config: dict[str, Any]) -> bool:
    """Whether the model is one of a text; other symbols have no letters."""
    return "vocabulary" in config["manifest"]


def _first_symbol(config: dict[str, Any]) -> str:
    """A letter of the alphabet where there is one (a byte model lists its bytes as numbers)."""
    symbols = config["manifest"]["vocabulary"]
    if not isinstance(symbols, str):
        symbols = "".join(chr(symbol) for symbol in symbols if symbol < 128)
    return next((symbol for symbol in symbols if symbol.isalpha()), symbols[:1])
