"""The format `safetensors`: the weights, and a `config.json` with all that one must know beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from rnnsearch.disk import replace_file
from rnnsearch.errors import ModelError
from rnnsearch.export.description import description, scaling
from rnnsearch.export.formats import Written
from rnnsearch.export.subject import Subject
from rnnsearch.models.cells import CELLS, CLASSIC
from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.training.codec import config_to_json

WEIGHTS, CONFIG = "model.safetensors", "config.json"

_LEAVES = {
    "weight_hh": "recurrent weights, a block a gate",
    "bias_hh": "their bias",
    "norm_weight": "gain of the layer norm behind the layer",
    "norm_bias": "bias of that layer norm",
    "initial": "a part of the learned first state",
}


def write(subject: Subject, folder: Path, tolerance: float) -> Written:
    """Write both files, and read the weights again; see `formats.Write`.

    Raises:
        ModelError: What is read again differs from the model, to the last bit.
    """
    del tolerance  # nothing is computed
    network = subject.network
    tensors = {name: one.contiguous() for name, one in network.tensors().items()}
    replace_file(folder / WEIGHTS, safetensors.torch.save(tensors, metadata={"format": "pt"}))
    told = description(subject) | {
        "dtype": str(network.dtype).removeprefix("torch."),
        "head": subject.head,
        "model_config": config_to_json(subject.model.config)["model"],
        "equations": _equations(subject),
        "scaling": scaling(subject),
        "tensors": {name: _described(subject, name, one) for name, one in tensors.items()},
    }
    text = json.dumps(told, indent=2, ensure_ascii=False)
    replace_file(folder / CONFIG, text + "\n")
    again = safetensors.torch.load_file(folder / WEIGHTS)
    if again.keys() != tensors.keys() or not all(
        torch.equal(again[name], one) for name, one in tensors.items()
    ):
        raise ModelError(f"{WEIGHTS} does not hold what was written into it; the disk may be bad.")
    notes = ["Read again, the weights are those of the model to the last bit."]
    return Written([], "\n".join(_usage(subject)), notes)


def _equations(subject: Subject) -> list[str]:
    """The equations of a layer; none of a person's own code."""
    config = subject.network.config
    if not isinstance(config, ModelConfig) or is_custom(config.cell):
        return []
    equations = CELLS[config.cell].equations
    if config.nonlinearity in CELLS[config.cell].nonlinearities[1:]:
        equations = tuple(one.replace("tanh", config.nonlinearity) for one in equations)
    return list(equations)


def _described(subject: Subject, name: str, tensor: torch.Tensor) -> dict[str, Any]:
    return {"shape": list(tensor.shape), "meaning": _meaning(subject, name)}


def _meaning(subject: Subject, name: str) -> str:
    """What a tensor is, in words; empty of one of a person's own code."""
    config = subject.network.config
    if not isinstance(config, ModelConfig) or is_custom(config.cell):
        return ""
    whole = {
        "embedding.weight": "a row a symbol",
        "head.weight": "V: from the last layer to the outputs",
        "head.bias": "the bias of the outputs",
    }
    if name in whole:
        return whole[name]
    leaf, _, place = name.removeprefix("rnn.").rpartition("_l")
    number, _, backward = place.partition("_")
    known = {
        one.name: f"{one.letter}: {one.meaning or _LEAVES[one.name]}"
        for one in CELLS[config.cell].leaves
    }
    meaning = known.get(leaf) or _LEAVES[leaf.rstrip("0123456789")]
    side = ", the layer that reads backwards" if backward else ""
    return f"layer {int(number) + 1}{side}: {meaning}"


def _usage(subject: Subject) -> Iterator[str]:
    """Lines that load the weights, and where torch has such a network, put them into it."""
    yield "import json"
    yield "from pathlib import Path"
    yield ""
    yield "from safetensors.torch import load_file"
    config = subject.network.config
    plain = (
        isinstance(config, ModelConfig)
        and config.cell in CLASSIC
        and len(set(config.widths)) == 1
        and not (config.layer_norm or config.residual or config.initial_state == "learned")
    )
    if plain:
        yield "import torch"
    yield ""
    yield f'weights = load_file("{WEIGHTS}")'
    yield f'config = json.loads(Path("{CONFIG}").read_text(encoding="utf-8"))'
    if not plain:
        yield 'print(config["network"], {name: tuple(one.shape) for name, one in weights.items()})'
        return
    width = subject.network.input_size
    if subject.network.embedding is not None:
        width = config.embedding_size
    options = [str(width), str(config.widths[0])]
    if len(config.widths) > 1:
        options.append(f"num_layers={len(config.widths)}")
    if config.nonlinearity in CELLS[config.cell].nonlinearities[1:]:
        options.append(f'nonlinearity="{config.nonlinearity}"')
    options += ["bias=False"] * (not config.bias)
    options += ["bidirectional=True"] * config.bidirectional
    if subject.network.dtype == torch.float64:
        options.append("dtype=torch.float64")
    yield f"rnn = torch.nn.{CELLS[config.cell].torch}({', '.join(options)})"
    yield 'own = {name[4:]: one for name, one in weights.items() if name.startswith("rnn.")}'
    yield "rnn.load_state_dict(own)"
    yield f"states, _ = rnn(torch.zeros(10, 1, {width}, dtype=rnn.weight_ih_l0.dtype))"
    yield 'print(states @ weights["head.weight"].T + weights["head.bias"])'
