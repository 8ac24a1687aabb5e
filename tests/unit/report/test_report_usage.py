"""The code that `best` prints gives what the model gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.report.usage import with_torch
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

TEXT = TextConfig(text="the cat sat on the mat. " * 20)
LABELS = LabelsConfig(
    generated=GeneratedConfig(rule="sign_of_last", count=9, held_out=8, length=4, num_features=3)
)
MODELS: dict[str, tuple[Any, ModelConfig]] = {
    "rnn": (SineConfig(), ModelConfig(cell="rnn", hidden_size=5)),
    "relu": (SineConfig(), ModelConfig(cell="rnn", hidden_size=5, nonlinearity="relu")),
    "gru": (SineConfig(), ModelConfig(cell="gru", hidden_size=5, num_layers=3, bias=False)),
    "lstm": (SineConfig(), ModelConfig(cell="lstm", hidden_sizes=(5, 3, 4))),
    "learned": (SineConfig(), ModelConfig(cell="lstm", hidden_size=4, initial_state="learned")),
    "uneven": (SineConfig(), ModelConfig(hidden_sizes=(5, 3), initial_state="learned")),
    "letters": (TEXT, ModelConfig(cell="gru", hidden_size=5, num_layers=2)),
    "embedded": (TEXT, ModelConfig(cell="lstm", input="embedding", embedding_size=3)),
    "backwards": (LABELS, ModelConfig(cell="lstm", hidden_size=4, bidirectional=True)),
    "both": (LABELS, ModelConfig(cell="gru", hidden_sizes=(3, 4), bidirectional=True)),
}


def saved(task: Any, model: ModelConfig, folder: Path, dtype: str) -> TrainedModel:
    config = TrialConfig(task=task, model=model, training=TrainingConfig(dtype=dtype), seed=3)
    data = load_data(task)
    drawn = initial_weights(model, data.input_size, data.output_size, data.symbolic, 3)
    wide = getattr(torch, dtype)
    # The first states are drawn as zeros, which would hide that they are used.
    arrays = {name: (one + 0.1).to(wide).numpy() for name, one in drawn.items()}
    trained = TrainedModel.from_weights(config, Weights(arrays, 1, {}), data)
    trained.save(folder)
    return trained


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODELS)
def test_in_plain_torch_the_network_gives_the_same(name: str, dtype: str, tmp_path: Path) -> None:
    trained = saved(*MODELS[name], tmp_path, dtype)
    told = json.loads((tmp_path / "config.json").read_text())
    lines = with_torch(told, tmp_path)
    assert lines is not None
    code = "\n".join(lines)
    assert "rnnsearch" not in code.replace(str(tmp_path), "")
    found: dict[str, Any] = {}
    exec(code, found)
    if trained.network.symbolic:
        inputs = torch.arange(12).reshape(6, 2) % trained.network.input_size
    else:
        inputs = torch.randn(6, 2, trained.network.input_size, dtype=getattr(torch, dtype))
    outputs, _ = trained.network(inputs, None, trained.head)
    assert outputs.shape == found["network"](inputs).shape
    torch.testing.assert_close(found["network"](inputs), outputs)


@pytest.mark.parametrize(
    "changes", [{"cell": "mingru"}, {"layer_norm": True}, {"residual": True}, {"cell": "lru"}]
)
def test_what_torch_has_not_is_not_made_up(changes: dict[str, Any], tmp_path: Path) -> None:
    saved(SineConfig(), replace(ModelConfig(num_layers=2), **changes), tmp_path, "float32")
    assert with_torch(json.loads((tmp_path / "config.json").read_text()), tmp_path) is None
