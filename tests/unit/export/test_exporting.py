"""Files that are exported: where they lie, what is said of them, and that wrong ones never stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import safetensors.torch
import torch
from onnx import numpy_helper

from rnnsearch.errors import InputError, ModelError
from rnnsearch.export import checking, exporting
from rnnsearch.export.checking import check
from rnnsearch.export.exporting import export
from rnnsearch.export.formats import FORMATS
from rnnsearch.export.onnx_format import OnnxRunner, onnx_models
from rnnsearch.export.onnx_graph.graph import Graph, value
from rnnsearch.export.subject import Subject
from rnnsearch.models.config import ModelConfig
from rnnsearch.testing.exports import TASKS, with_drawn_weights


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checking, "STREAMED", 30)
    monkeypatch.setattr(checking, "WHOLE", 10)
    monkeypatch.chdir(tmp_path)


def model(task: str = "numbers", **options: Any):
    return with_drawn_weights(TASKS[task], ModelConfig(**{"hidden_size": 5, **options}))


def contents(folder: Path) -> Sequence[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_folder_holds_the_files_what_was_found_and_lines_that_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    made = export(model(), "onnx", name="models:/waves@champion", say=done.append)
    assert done[:2] == [
        "writing the network in operators of ONNX",
        "comparing whole sequences, 1 at once",
    ]
    assert done[-1] == "comparing time step by time step, 64 sequences at once: 0 of 30"
    assert made.folder == Path("waves-champion-onnx")
    assert made.files == ["forward.onnx", "step.onnx", "README.md", "check.json"]
    assert contents(Path()) == ["waves-champion-onnx"]
    kept = json.loads((made.folder / "check.json").read_text())
    assert kept["tolerance"] == 1e-5
    found = [(one["what"], one["batch"], one["steps"]) for one in kept["findings"]]
    assert found == [
        (what, batch, steps)
        for batch in (1, 7, 64)
        for what, steps in (("forward", 10), ("step", 30))
    ]
    assert all(one["difference"] < 1e-5 for one in kept["findings"])
    readme = (made.folder / "README.md").read_text()
    assert made.usage in readme
    assert "| step | 64 | 30 |" in readme
    monkeypatch.chdir(made.folder)
    exec(compile(readme.split("```")[1].removeprefix("python\n"), "README.md", "exec"), {})
    assert "[[" in capsys.readouterr().out


def test_what_answers_otherwise_than_the_model_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(ModelError, match=r"differs from the model by .* at most 0 is held") as told:
        export(model(), "onnx", tolerance=0.0)
    assert contents(Path()) == []
    remedy = str(told.value).rpartition("--tolerance ")[2].rstrip(".")
    assert export(model(), "onnx", tolerance=float(remedy)).folder.is_dir()


class Ahead(OnnxRunner):
    """Answers otherwise than the file, the more so the more sequences there are at once."""

    def forward(self, x: Any, lengths: Any, series: Any) -> tuple[Any, Any]:
        y, state = super().forward(x, lengths, series)
        return y + 1e-3 * len(x), state


def test_the_remedy_takes_the_largest_of_all_differences() -> None:
    subject = Subject(model(), "waves")
    runner = Ahead({name: one.SerializeToString() for name, one in onnx_models(subject).items()})
    with pytest.raises(ModelError, match="of 64 sequences") as refusal:
        check(subject, runner, stream=False)
    remedy = str(refusal.value).rpartition("--tolerance ")[2].rstrip(".")
    assert len(check(subject, runner, float(remedy), stream=False)) == 3


def test_a_file_has_no_constants_that_nothing_reads(capfd: pytest.CaptureFixture[str]) -> None:
    graph = Graph()
    graph.constant([1.0], np.float32)
    graph.named(graph.op("Add", "x", graph.constant([2.0], np.float32)), "y")
    ends = [[value(name, np.float32, ["rows"])] for name in "xy"]
    made = graph.model("sum", *ends, {})
    assert [numpy_helper.to_array(one).item() for one in made.graph.initializer] == [2.0]
    onnxruntime.InferenceSession(made.SerializeToString())
    assert capfd.readouterr().err == ""


def test_a_network_that_makes_much_of_roundings_is_held_to_these(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wild = model(cell="rnn", hidden_size=40)
    wild.network.rnn.weight_hh_l0.data.mul_(20.0)  # chaotic: roundings double within a few steps
    made = export(wild, "onnx")
    assert any(one.difference > 1e-3 < one.roundings for one in made.findings)
    assert all(one.difference <= max(1e-5, 10 * one.roundings) for one in made.findings)
    assert "roundings" in (made.folder / "README.md").read_text()
    monkeypatch.setattr("rnnsearch.export.checking.AMPLIFIED", 1e-3)
    with pytest.raises(ModelError, match=r"own answers in float32 and in float64 lie \S+ apart"):
        export(wild, "onnx", "again")
    assert not Path("again").exists()


def test_nothing_stays_of_an_export_that_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*given: object, **others: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "_write_notes", killed)
    with pytest.raises(KeyboardInterrupt):
        export(model(), "safetensors")
    assert contents(Path()) == []


def test_a_folder_that_holds_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").touch()
    with pytest.raises(InputError, match="mine is there already"):
        export(model(), "safetensors", "mine")
    assert contents(tmp_path / "mine") == ["precious"]
    (tmp_path / "mine" / "precious").unlink()
    assert "model.safetensors" in export(model(), "safetensors", "mine").files


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = util.find_spec
    monkeypatch.setattr(
        exporting, "find_spec", lambda name: None if name == "onnxruntime" else find(name)
    )
    with pytest.raises(
        InputError, match=r"needs onnxruntime, .* pip install 'rnnsearch\[export\]'"
    ):
        export(model(), "onnx")


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(InputError, match=f"formats are {', '.join(FORMATS)}"):
        export(model(), "keras")


def test_weights_and_all_that_one_must_know_of_them() -> None:
    one = model("symbols", cell="lstm", num_layers=2, initial_state="learned", layer_norm=True)
    made = export(one, "safetensors", "out")
    weights = safetensors.torch.load_file(made.folder / "model.safetensors")
    assert weights.keys() == one.network.tensors().keys()
    assert all(torch.equal(weights[name], own) for name, own in one.network.tensors().items())
    told = json.loads((made.folder / "config.json").read_text())
    assert "".join(told["symbols"]) == "".join(chr(at) for at in one.vocabulary().symbols)
    assert told["model_config"]["cell"] == "lstm"
    assert told["equations"][-1] == "h_t = o_t * tanh(c_t)"
    assert {name: tuple(about["shape"]) for name, about in told["tensors"].items()} == {
        name: tuple(own.shape) for name, own in weights.items()
    }
    assert all(about["meaning"] for about in told["tensors"].values())


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "lru"])
def test_the_lines_beside_weights_run(
    cell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = model("numbers", cell=cell, num_layers=2, bidirectional=cell == "gru")
    made = export(one, "safetensors", "out")
    monkeypatch.chdir(made.folder)
    exec(compile(made.usage, "usage", "exec"), held := {})
    assert capsys.readouterr().out
    if cell != "lru":
        with torch.no_grad():
            outputs, _ = one.network(torch.zeros(10, 1, 1))
            ours = held["states"] @ held["weights"]["head.weight"].T + held["weights"]["head.bias"]
        assert torch.allclose(ours, outputs, atol=1e-6)


def test_the_scale_of_numbers_is_told() -> None:
    one = with_drawn_weights(TASKS["sequences"], ModelConfig(hidden_size=3))
    export(one, "safetensors", "out")
    told = json.loads(Path("out/config.json").read_text())
    assert told["scaling"]["x"] == json.loads(json.dumps(dict(one.manifest["scaler"])))
    assert told["classes"] == list(one.manifest["classes"])
