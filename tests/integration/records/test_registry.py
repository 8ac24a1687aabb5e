"""A model of the registry comes back without any of its code being run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow.models import Model
from test_champion import checkpoint

from rnnsearch.errors import ModelError
from rnnsearch.records.mlflow.registry import fetch
from rnnsearch.tasks.sine.config import SineConfig


def logged(folder: Path, inside: str = "artifacts/best") -> str:
    """A model folder as MLflow lays it out, whose own script would leave a mark."""
    checkpoint(SineConfig(), folder / "artifacts" / "best")
    (folder / "script.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")
    made = Model()
    made.add_flavor(
        "python_function",
        loader_module="mlflow.pyfunc.model",
        model_code_path="script.py",
        artifacts={"checkpoint": {"path": inside, "uri": "anywhere"}},
    )
    made.save(str(folder / "MLmodel"))
    return folder.as_uri()


def test_the_models_own_script_is_not_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    uri = logged(tmp_path)
    fetched = fetch(uri, f"file:{tmp_path / 'store'}")
    assert isinstance(fetched.config.task, SineConfig)
    assert not (tmp_path / "ran").exists()
    assert capfd.readouterr().err == "", "no bar of MLflow's own"


def test_a_class_of_its_own_needs_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = logged(tmp_path)
    path = tmp_path / "artifacts" / "best" / "config.json"
    said = json.loads(path.read_text())
    said["config"]["model"]["cell"] = "planted_there:Cell"
    path.write_text(json.dumps(said))
    (tmp_path / "planted_there.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"the cell planted_there:Cell.*--allow-code"):
        fetch(uri, f"file:{tmp_path / 'store'}")
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ModelError, match="planted_there:Cell"):
        fetch(uri, f"file:{tmp_path / 'store'}", allow_code=True)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("inside", ["../../../etc", "/etc", ""])
def test_a_checkpoint_elsewhere_is_none_of_ours(inside: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        fetch(logged(tmp_path / "model", inside), f"file:{tmp_path / 'store'}")
