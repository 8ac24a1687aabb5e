"""The mean of several networks of every task: scored by the task, and written as ONNX."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.untrained import EVERY_TASK, untrained, write_every_file

from rnnsearch.errors import InputError
from rnnsearch.export import checking
from rnnsearch.export.checking import check
from rnnsearch.export.exporting import export
from rnnsearch.export.onnx_format import OnnxRunner, onnx_models
from rnnsearch.export.subject import Subject
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.load import load_data
from rnnsearch.training.ensemble import fused
from rnnsearch.training.trained import TrainedModel

MEMBERS = ("cell: gru, hidden_size: 6", "cell: lstm, hidden_size: 3, initial_state: learned")
QUICK = ("carried", "text", "events", "words", "quantiles")
KINDS = {"events": "chances", "sine": "numbers", "text": "classes", "words": "classes"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("every-task")
    write_every_file(folder)
    return folder


def mean_of_two(name: str, folder: Path) -> tuple[TrainedModel, list[TrainedModel], TaskData]:
    models = [untrained(name, folder, one) for one in MEMBERS]
    data = load_data(models[0].config.task)
    return fused(models, [4, 9], data), models, data


@pytest.mark.parametrize(
    "name",
    [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in EVERY_TASK],
)
def test_it_is_scored_and_answers_in_onnx_as_it_does(name: str, folder: Path) -> None:
    model, members, data = mean_of_two(name, folder)
    assert model.network.mean == KINDS.get(name, model.network.mean)
    assert model.metrics.keys() == members[0].evaluate("val", data).keys()
    subject = Subject(model, name)
    files = {one: graph.SerializeToString() for one, graph in onnx_models(subject).items()}
    findings = check(subject, OnnxRunner(files), streamed=20, batches=(3,))
    assert [one.what for one in findings] == list(files)


def test_a_folder_of_files_and_formats_that_hold_one_network(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "STREAMED", 10)
    monkeypatch.setattr(checking, "WHOLE", 6)
    model, _, _ = mean_of_two("sine", folder)
    made = export(model, "onnx", tmp_path / "onnx", name="waves")
    assert "mean of gru of 6 units, lstm of 3 units" in (made.folder / "README.md").read_text()
    for format_ in ("torch", "safetensors"):
        with pytest.raises(InputError, match=r"mean of 2 networks.*--format onnx"):
            export(model, format_, tmp_path / format_, name="waves")
        assert not (tmp_path / format_).exists()
