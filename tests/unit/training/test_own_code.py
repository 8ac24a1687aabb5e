"""Code that a model folder names is run only where the caller allows it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rnnsearch.errors import ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.codec import custom_classes
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

MARK = "import pathlib\npathlib.Path('ran').touch()\n"


def model_folder(folder: Path) -> Path:
    data = load_data(SineConfig())
    model = ModelConfig(cell="rnn", hidden_size=3)
    config = TrialConfig(task=SineConfig(), model=model, training=TrainingConfig(), seed=0)
    tensors = initial_weights(config.model, data.input_size, data.output_size, data.symbolic, 3)
    weights = Weights({name: one.numpy() for name, one in tensors.items()}, 1, {})
    TrainedModel.from_weights(config, weights, data).save(folder)
    return folder


@pytest.mark.parametrize(
    ("section", "key", "noun"), [("task", "type", "task"), ("model", "cell", "cell")]
)
def test_a_folder_that_names_a_module_does_not_run_it(
    section: str, key: str, noun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"planted_{noun}"
    folder = model_folder(tmp_path / "model")
    said = json.loads((folder / "config.json").read_text())
    said["config"][section][key] = f"{name}:Thing"
    (folder / "config.json").write_text(json.dumps(said))
    (tmp_path / f"{name}.py").write_text(MARK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=f"the {noun} {name}:Thing.*allow_code=True"):
        TrainedModel.load(folder)
    assert name not in sys.modules
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ModelError, match=f"{name}:Thing"):  # it has no such class
        TrainedModel.load(folder, allow_code=True)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("values", [None, [], {"task": 3}, {"task": {"type": 3}, "model": []}, {}])
def test_what_is_no_config_names_no_code(values: object) -> None:
    assert custom_classes(values) == []


def test_a_config_that_is_no_text_or_nested_without_end(tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    whole = (folder / "config.json").read_bytes()
    for text in (
        whole.decode().encode("utf-16"),
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"3",
        b'{"config": {"task": []}}',
        whole.replace(b'"data": null', b'"data": 3'),
    ):
        (folder / "config.json").write_bytes(text)
        with pytest.raises(ModelError, match=r"is damaged|or edited"):
            TrainedModel.load(folder)


def test_files_of_a_model_that_never_end(tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    for name in ("config.json", "weights.safetensors"):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        (folder / name).symlink_to("/dev/zero")
        with pytest.raises(ModelError, match="a device or a pipe"):
            TrainedModel.load(folder)
        (folder / name).unlink()
        (folder / name).write_bytes(kept)
    with pytest.raises(ModelError, match="cannot read a model"):
        TrainedModel.load("a\0b")
