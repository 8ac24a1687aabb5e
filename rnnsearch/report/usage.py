"""Python code that uses a champion and runs as it is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnsearch.models.cells import CELLS, CLASSIC
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.families import use_of_checkpoint
from rnnsearch.tasks.folds import in_folds
from rnnsearch.training.checkpoint import SCRIPT_STATE
from rnnsearch.training.codec import MEMBERS, custom_classes, stored_configs


def read_description(checkpoint: Path) -> dict[str, Any] | None:
    """A checkpoint's `config.json`, read without torch; None where it is missing or unreadable."""
    try:
        description = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(description, dict) and {"manifest", "config"} <= description.keys()
    return description if known else None


def export_words(description: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What stands behind `rnnsearch export NAME` for a model that is sure to be written so; None of
    a training script, and where a person's own classes may hold what no format has.

    Args:
        description: The checkpoint's `config.json`.
    """
    if SCRIPT_STATE in description or _custom(description):
        return None
    return ("--format", "onnx")


def with_rnnsearch(description: Mapping[str, Any], checkpoint: Path) -> list[str]:
    """Lines of Python that load a checkpoint with this package, score it again, and use it.

    Args:
        description: The checkpoint's `config.json`.
    """
    if SCRIPT_STATE in description:
        return [
            "from rnnsearch import ScriptModel",
            "",
            f"model = ScriptModel.load({str(checkpoint)!r})",
            "print(model.params, model.metrics)",
            f"state = model.state  # {_state(description[SCRIPT_STATE])}",
        ]
    code = ", allow_code=True" if _custom(description) else ""
    used = use_of_checkpoint(description, borrowed=False).code()
    part = "test" if in_folds(description["config"]["task"]) else "val"
    return [
        *(["import numpy"] if "numpy" in used else []),
        "from rnnsearch import TrainedModel",
        "",
        f"model = TrainedModel.load({str(checkpoint)!r}{code})",
        f"print(model.evaluate({part!r}))",
        f"print({used})",
    ]


def _custom(description: Mapping[str, Any]) -> bool:
    """Whether a model, or a member of it, needs code that a person brought."""
    return any(custom_classes(one) for one in stored_configs(description))


def with_mlflow(model_uri: str, tracking_uri: str) -> list[str]:
    """Lines of Python that load a registered model with MLflow alone."""
    return [
        "import mlflow",
        "",
        f"mlflow.set_tracking_uri({tracking_uri!r})",
        f"model = mlflow.pyfunc.load_model({model_uri!r})",
    ]


def state_with_mlflow(model_uri: str, tracking_uri: str, folder: str) -> list[str]:
    """Lines of Python that fetch the state of a registered training script.

    Args:
        folder: The name of its checkpoint folder.
    """
    place = f"{model_uri}/artifacts/{folder}"
    return [
        "import mlflow",
        "from rnnsearch import ScriptModel",
        "",
        f"mlflow.set_tracking_uri({tracking_uri!r})",
        f"folder = mlflow.artifacts.download_artifacts({place!r})",
        "state = ScriptModel.load(folder).state",
    ]


def _state(tree: Any) -> str:
    """What a script yielded as its state, for a comment.

    Args:
        tree: As `training.script.tree` writes it; None where the script yielded none.
    """
    if tree is None:
        return "None, since your script yields none"
    if isinstance(tree, dict) and (pairs := tree.get("dict")):
        return f"as your script yielded it, with {', '.join(repr(key) for key, _ in pairs)}"
    return "as your script yielded it"


def with_torch(description: Mapping[str, Any], checkpoint: Path) -> list[str] | None:
    """Lines of Python that rebuild a network of torch's own modules, without rnnsearch.

    The function `network` in them takes what training fed the network: scaled numbers or symbols,
    time first. Each layer is a module by itself.

    Args:
        description: The checkpoint's `config.json`.

    Returns:
        None where the network has parts that torch has not, or there are several of them.
    """
    if MEMBERS in description:
        return None
    fields = description["config"]["model"]
    if "type" in fields:
        return None  # a network that a person brought
    known = {key: fields[key] for key in fields if key in ModelConfig.__dataclass_fields__}
    if known.get("hidden_sizes") is not None:
        known["hidden_sizes"] = tuple(known["hidden_sizes"])
    model = ModelConfig(**known)
    if model.cell not in CLASSIC or model.layer_norm or model.residual:
        return None
    dtype = description["config"]["training"].get("dtype", "float32")
    symbolic, width = description["symbolic"], description["input_size"]
    prepared: list[str] = []
    lines = ["import torch", "from safetensors.torch import load_file", ""]
    lines.append(f"weights = load_file({str(checkpoint / 'weights.safetensors')!r})")
    if symbolic and model.input == "embedding":
        prepared.append('inputs = weights["embedding.weight"][inputs]')
        width = model.embedding_size
    elif symbolic:
        prepared.append(f"inputs = torch.nn.functional.one_hot(inputs, {width}).to(torch.{dtype})")
    lines.append("layers = [")
    for units in model.widths:
        lines.append(f"    {_module(model, width, units, dtype)},")
        width = model.directions * units
    lines += [
        "]",
        "for number, layer in enumerate(layers):",
        "    kept = {name: f'rnn.{name}'.replace('_l0', f'_l{number}') for name in "
        "layer.state_dict()}",
        "    layer.load_state_dict({name: weights[kept[name]] for name in kept})",
        "",
        f"def network(inputs):  {_shapes(description)}",
        "    with torch.no_grad():",
    ]
    body = [*prepared, "for number, layer in enumerate(layers):"]
    learned = model.initial_state == "learned"
    body += [f"    {line}" for line in _first_state(model)] if learned else []
    body.append(f"    inputs, _ = layer(inputs{', state' if learned else ''})")
    if description.get("head") == "last" and model.directions == 2:
        half = model.widths[-1]
        body.append(f"inputs = torch.cat([inputs[-1:, :, :{half}], inputs[:1, :, {half}:]], -1)")
    elif description.get("head") == "last":
        body.append("inputs = inputs[-1:]")
    body.append('return inputs @ weights["head.weight"].T + weights["head.bias"]')
    lines += [f"        {line}" for line in body]
    return [*lines, "", f"print(network({_example(description, dtype)}))"]


def _module(model: ModelConfig, width: int, units: int, dtype: str) -> str:
    """The constructor of one layer, with the options that are not torch's defaults."""
    options = [str(width), str(units)]
    if model.nonlinearity in CELLS[model.cell].nonlinearities[1:]:
        options.append(f'nonlinearity="{model.nonlinearity}"')
    if not model.bias:
        options.append("bias=False")
    if model.bidirectional:
        options.append("bidirectional=True")
    if dtype == "float64":
        options.append("dtype=torch.float64")
    return f"torch.nn.{model.cell.upper()}({', '.join(options)})"


def _first_state(model: ModelConfig) -> list[str]:
    """Lines that give a layer its learned first state, of shape (directions, batch, units)."""
    sides = ("", "_reverse")[: model.directions]
    states = CELLS[model.cell].states
    return [
        f"ends = [f'_l{{number}}{{side}}' for side in {sides}]",
        "state = [torch.stack([weights[f'rnn.initial{part}{end}'] for end in ends])"
        f" for part in range({states})]",
        "state = [part.unsqueeze(1).repeat(1, inputs.shape[1], 1) for part in state]",
        "state = tuple(state)" if states == 2 else "state = state[0]",
    ]


def _shapes(description: Mapping[str, Any]) -> str:
    """A comment with the shapes of what `network` takes and gives."""
    symbolic, width = description["symbolic"], description["input_size"]
    taken = "(time, batch), symbols" if symbolic else f"(time, batch, {width})"
    scaled = "" if symbolic else ", as training scaled them"
    steps = "1" if description.get("head") == "last" else "time"
    return f"# {taken}{scaled} -> ({steps}, batch, {description['output_size']})"


def _example(description: Mapping[str, Any], dtype: str) -> str:
    """Inputs of ten time steps, all zero."""
    if description["symbolic"]:
        return "torch.zeros(10, 1, dtype=torch.int64)"
    wide = ", dtype=torch.float64" if dtype == "float64" else ""
    return f"torch.zeros(10, 1, {description['input_size']}{wide})"
