"""How a champion is used from Python, as code that runs as it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.cli.next_steps import told_by
from rnnsearch.commands import shown
from rnnsearch.models.cells import CELLS, CLASSIC
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.families import use_of_checkpoint
from rnnsearch.training.codec import own_code

if TYPE_CHECKING:
    from rnnsearch.study import StudyResult


def print_usage(result: StudyResult) -> None:
    """Where the champion's weights lie, and how to use them, of a study that has one."""
    champion = result.champion
    told = None if champion is None else told_by(Path(champion.path))
    if champion is None or told is None:
        return
    checkpoint = Path(champion.path).resolve()
    print(f"\ncheckpoint: {shown(checkpoint)}")
    run = result.run
    blocks: dict[str, list[str] | None] = {
        "with rnnsearch": with_rnnsearch(told, checkpoint),
        "with MLflow": with_mlflow(run.champion_uri, run.tracking_uri)
        if run is not None and run.champion_uri
        else None,
        "in plain torch": with_torch(told, checkpoint),
    }
    for title, lines in blocks.items():
        if lines is not None:
            print(f"\n{title}:", *(f"  {line}".rstrip() for line in lines), sep="\n")
        elif title == "in plain torch":
            print(
                f"\n{title}: the network is none of torch's own modules; its tensors are those of "
                f"{shown(checkpoint / 'weights.safetensors')} under their names"
            )


def with_rnnsearch(told: Mapping[str, Any], checkpoint: Path) -> list[str]:
    """Load a checkpoint with this package, score it again, and use it.

    Args:
        told: What `config.json` says.
    """
    code = ", allow_code=True" if own_code(told["config"]) else ""
    lines = ["from rnnsearch import TrainedModel", ""]
    lines.append(f"model = TrainedModel.load({str(checkpoint)!r}{code})")
    lines.append('print(model.evaluate("val"))')
    used = use_of_checkpoint(told, borrowed=False).code()
    if "numpy" in used:
        lines.insert(0, "import numpy")
    return [*lines, f"print({used})"]


def with_mlflow(model_uri: str, tracking_uri: str) -> list[str]:
    """Load a registered model with MLflow alone."""
    return [
        "import mlflow",
        "",
        f"mlflow.set_tracking_uri({tracking_uri!r})",
        f"model = mlflow.pyfunc.load_model({model_uri!r})",
    ]


def with_torch(told: Mapping[str, Any], checkpoint: Path) -> list[str] | None:
    """Rebuild the network of torch's own modules; None where it has parts that torch has not.

    `network` takes numbers, or symbols, as training fed them: scaled, time first.
    """
    said = told["config"]["model"]
    known = {key: value for key, value in said.items() if key in ModelConfig.__dataclass_fields__}
    if known.get("hidden_sizes") is not None:
        known["hidden_sizes"] = tuple(known["hidden_sizes"])
    model = ModelConfig(**known)
    if model.cell not in CLASSIC or model.layer_norm or model.residual:
        return None
    symbolic, width, both = told["symbolic"], told["input_size"], model.directions
    dtype = told["config"]["training"].get("dtype", "float32")
    embedded = symbolic and model.input == "embedding"
    lines = ["import torch", "from safetensors.torch import load_file", ""]
    lines.append(f"weights = load_file({str(checkpoint / 'weights.safetensors')!r})")
    if embedded:
        lines.append('embedding = weights["embedding.weight"]')
        width = model.embedding_size
    lines.append("layers = []")
    for group in _groups(model.widths):
        lines += _layers(model, group, width, dtype)
        width = both * model.widths[group[0]]
    lines += ["", f"def network(inputs):  {_shapes(told)}", "    with torch.no_grad():"]
    lines += [f"        {line}" for line in _forward(told, model, embedded, dtype)]
    lines += ["", f"print(network({_example(told, dtype)}))"]
    return lines


def _groups(widths: Sequence[int]) -> list[list[int]]:
    """Layers that are one module of torch's: all of one width, or each by itself."""
    numbers = list(range(len(widths)))
    return [numbers] if len(set(widths)) == 1 else [[number] for number in numbers]


def _layers(model: ModelConfig, group: Sequence[int], width: int, dtype: str) -> list[str]:
    """A module with its weights, and its learned first state where it has one."""
    options = [f"num_layers={len(group)}"] if len(group) > 1 else []
    others = CELLS[model.cell].nonlinearities[1:]
    options += [f'nonlinearity="{model.nonlinearity}"'] * (model.nonlinearity in others)
    options += ["bias=False"] * (not model.bias) + ["bidirectional=True"] * model.bidirectional
    options += ["dtype=torch.float64"] * (dtype == "float64")
    made = ", ".join([str(width), str(model.widths[group[0]]), *options])
    lines = [f"layers.append(torch.nn.{model.cell.upper()}({made}))"]
    ends = [
        f"_l{number}{side}" for number in group for side in ("", "_reverse")[: model.directions]
    ]
    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if model.bias else [])]
    if len(group) == len(model.widths):
        lines += [
            'own = {name[4:]: one for name, one in weights.items() if name.startswith("rnn.")}',
            'layers[-1].load_state_dict({k: w for k, w in own.items() if k[:2] in ("we", "bi")})',
        ]
        return lines
    pairs = [
        f'"{name}{end.replace(f"_l{group[0]}", "_l0")}": weights["rnn.{name}{end}"]'
        for end in ends
        for name in names
    ]
    return [*lines, "layers[-1].load_state_dict({", *(f"    {pair}," for pair in pairs), "})"]


def _forward(told: Mapping[str, Any], model: ModelConfig, embedded: bool, dtype: str) -> list[str]:
    lines = []
    if embedded:
        lines.append("inputs = embedding[inputs]")
    elif told["symbolic"]:
        size = told["input_size"]
        lines.append(f"inputs = torch.nn.functional.one_hot(inputs, {size}).to(torch.{dtype})")
    for place, group in enumerate(_groups(model.widths)):
        start = ""
        if model.initial_state == "learned":
            lines += _start(model, group)
            start = ", start"
        lines.append(f"inputs, _ = layers[{place}](inputs{start})")
    if told.get("head") == "last" and model.directions == 2:
        half = model.widths[-1]
        lines.append(f"inputs = torch.cat([inputs[-1:, :, :{half}], inputs[:1, :, {half}:]], -1)")
    elif told.get("head") == "last":
        lines.append("inputs = inputs[-1:]")
    lines.append('return inputs @ weights["head.weight"].T + weights["head.bias"]')
    return lines


def _start(model: ModelConfig, group: Sequence[int]) -> list[str]:
    ends = [
        f"_l{number}{side}" for number in group for side in ("", "_reverse")[: model.directions]
    ]
    parts = CELLS[model.cell].states
    lines = [
        f"start = [torch.stack([weights[f'rnn.initial{{part}}{{end}}'] for end in {ends}])"
        f" for part in range({parts})]",
        "start = [part.unsqueeze(1).repeat(1, inputs.shape[1], 1) for part in start]",
    ]
    return [*lines, "start = tuple(start)" if parts == 2 else "start = start[0]"]


def _shapes(told: Mapping[str, Any]) -> str:
    read = "(time, batch), symbols" if told["symbolic"] else f"(time, batch, {told['input_size']})"
    steps = "1" if told.get("head") == "last" else "time"
    scaled = ", as training scaled them" if not told["symbolic"] else ""
    return f"# {read}{scaled} -> ({steps}, batch, {told['output_size']})"


def _example(told: Mapping[str, Any], dtype: str) -> str:
    if told["symbolic"]:
        return "torch.zeros(10, 1, dtype=torch.int64)"
    wide = ", dtype=torch.float64" if dtype == "float64" else ""
    return f"torch.zeros(10, 1, {told['input_size']}{wide})"
