"""The command `export`, and the same from Python."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from contracts.small_studies import finished, write_files

from rnnsearch.cli.app import main
from rnnsearch.export import checking
from rnnsearch.study import Study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("export")
    write_files(folder)
    return finished("sine", folder / "studies", folder)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checking, "STREAMED", 30)
    monkeypatch.chdir(tmp_path)


def said(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in words])
    return int(ended.value.code or 0)


def test_what_was_found_and_written_is_printed(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = study.directory.storage
    assert said("export", "sine", "--format", "onnx", "--storage", storage) == 0
    text = capsys.readouterr().out
    assert re.search(r"step +64 +30 +\d\.\de-0[78]", text)
    assert re.search(r"^  sine-onnx/forward.onnx  [\d,]+ bytes$", text, re.M)
    assert 'session = onnxruntime.InferenceSession("step.onnx")' in text
    told = json.loads(Path("sine-onnx/check.json").read_text())
    assert len(told["findings"]) == 6


def test_a_refusal_ends_with_status_2_and_leaves_nothing(
    study: Study, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    storage = study.directory.storage
    words = ("export", "sine", "--format", "onnx", "--storage", storage, "-q", "--tolerance", 0)
    assert said(*words) == 2
    problem = capsys.readouterr().err
    assert problem.startswith("error: what was written is removed: ")
    assert problem.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    remedy = problem.rpartition("--tolerance ")[2].strip().rstrip(".")
    assert said(*words[:-1], remedy) == 0


def test_a_result_exports_its_champion(study: Study) -> None:
    made = study.result().export("safetensors", "weights")
    assert sorted(made.files) == ["README.md", "check.json", "config.json", "model.safetensors"]
    assert Path("weights/README.md").read_text().startswith("# sine\n")
