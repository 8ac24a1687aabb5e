"""A registered model where rnnsearch is not installed: it brings its own code."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_champion import checkpoint

from rnnsearch.records.mlflow.carried import requirements, write_code
from rnnsearch.records.mlflow.champion import packaged
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.training.codec import config_to_json

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*type hint:UserWarning"),  # as in test_champion
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated"),
]

ECHO = """
from dataclasses import dataclass

import numpy as np
import own_metrics
from rnnsearch import Metric

from .parts import delays


@dataclass(frozen=True, kw_only=True)
class Echo:
    delay: int = 3
    input_size = output_size = 1

    def batch(self, generator, size):
        numbers = generator.random((size, self.delay + 20, 1))
        return numbers, delays.late(numbers, self.delay)

    def metrics(self):
        return [Metric("val_mse", "squared units", "minimize", "error")]

    def evaluate(self, predict, part):
        inputs, targets = self.batch(np.random.default_rng(1), 9)
        return {f"{part}_mse": own_metrics.mse(predict(inputs), targets)}
"""
FILES = {
    "own_tasks/__init__.py": "",
    "own_tasks/echo.py": ECHO,
    "own_tasks/parts/__init__.py": "",
    "own_tasks/parts/delays.py": "import numpy as np\n\n"
    "def late(x, by):\n    return np.roll(x, by, axis=1)\n",
    "own_metrics.py": "def mse(a, b):\n    return float(((a - b) ** 2).mean())\n",
    "unused.py": "raise RuntimeError('nobody imports it')\n",
    "rnnsearch.txt": "no code",
}

APART = """
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

class Apart(PathFinder):
    def find_spec(name, path=None, target=None):
        if name == "rnnsearch":
            path = [one for one in sys.path if one.endswith("rnnsearch.zip")]
        return PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [BuiltinImporter, FrozenImporter, Apart]
import importlib.util, json, mlflow
assert importlib.util.find_spec("rnnsearch") is None
answers = {}
for folder in sys.argv[1:]:
    model = mlflow.pyfunc.load_model(folder)
    answer = model.predict(model.input_example)
    answers[folder] = answer.to_json() if hasattr(answer, "to_json") else answer.tolist()
    if "/echo/" in folder:
        answers["score"] = model.unwrap_python_model().model.evaluate("val")
import rnnsearch
answers["from"] = rnnsearch.__file__
print(json.dumps(answers))
"""


@pytest.fixture
def own_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a person's modules, on the import path."""
    folder = tmp_path / "mine"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return folder


def saved(task: TaskConfig, folder: Path) -> tuple[str, object]:
    """An untrained model as MLflow saves it, and what it answers to its example here."""
    import mlflow

    model, _ = checkpoint(task, folder / "checkpoint")
    config = json.loads((folder / "checkpoint" / "config.json").read_text(encoding="utf-8"))
    arguments = packaged(folder / "checkpoint", config, folder / "code")
    mlflow.pyfunc.save_model(str(folder / "model"), **arguments)
    parameters = {"all_columns": True}
    if model.use.signature().stranger(parameters):
        parameters = {}
    answer = model.served(model.use.example(), parameters)
    plain = pd.DataFrame(answer).to_json() if hasattr(answer, "to_json") else answer.tolist()
    return str(folder / "model"), plain


def test_models_answer_where_rnnsearch_is_not_installed(own_tasks: Path, tmp_path: Path) -> None:
    rows = pd.DataFrame({"t": range(60), "load": np.random.default_rng(1).normal(size=60)})
    rows.assign(id=rows["t"] // 3, label=rows["t"] // 3 % 2).to_csv(tmp_path / "t.csv", index=False)
    path = str(tmp_path / "t.csv")
    tasks = {
        "echo": family("own_tasks.echo:Echo").config(),
        "series": SeriesConfig(path=path, time="t", targets=("load",), context=8, horizon=3),
        "labels": LabelsConfig(path=path, id="id", features=("load",)),
    }
    expected = dict(saved(task, tmp_path / name) for name, task in tasks.items())
    away = tmp_path / "away"
    away.mkdir()
    done = subprocess.run(
        [sys.executable, "-I", "-c", APART, *expected],
        capture_output=True,
        text=True,
        check=False,
        cwd=away,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    assert "rnnsearch.zip" in answers.pop("from")
    assert set(answers.pop("score")) == {"val_mse"}
    for folder, answer in answers.items():
        if isinstance(answer, str):
            pd.testing.assert_frame_equal(
                pd.DataFrame(json.loads(answer)), pd.DataFrame(json.loads(str(expected[folder])))
            )
        else:
            np.testing.assert_allclose(answer, np.array(expected[folder]), rtol=1e-6)


def test_the_code_folder_holds_what_is_needed_and_nothing_else(
    own_tasks: Path, tmp_path: Path
) -> None:
    config = {"task": {"type": "own_tasks.echo:Echo"}}
    given = write_code(tmp_path / "code", [config])
    assert [Path(one).name for one in given] == ["own_metrics.py", "own_tasks", "rnnsearch.zip"]
    files = {
        path.relative_to(tmp_path / "code").as_posix() for path in (tmp_path / "code").rglob("*.*")
    }
    assert files == {"rnnsearch.zip", *FILES} - {"unused.py", "rnnsearch.txt"}
    with zipfile.ZipFile(tmp_path / "code" / "rnnsearch.zip") as archive:
        names = archive.namelist()
    assert {name.rpartition(".")[2] for name in names} == {"py"}
    rooms = {name.split("/")[1] for name in names}
    assert {"training", "tasks", "models", "errors.py"} <= rooms
    assert rooms.isdisjoint(
        {"cli", "guide", "search", "study", "records", "testing", "space", "report"}
    )
    assert (tmp_path / "code" / "rnnsearch.zip").stat().st_size < 1_500_000
    write_code(tmp_path / "again", [config])
    again = (tmp_path / "again" / "rnnsearch.zip").read_bytes()
    assert again == (tmp_path / "code" / "rnnsearch.zip").read_bytes()


def test_requirements_are_pinned_and_any_build_of_torch_will_do() -> None:
    from rnnsearch.models.config import ModelConfig
    from rnnsearch.tasks.sine.config import SineConfig
    from rnnsearch.training.config import TrainingConfig, TrialConfig

    config = TrialConfig(task=SineConfig(), model=ModelConfig(), training=TrainingConfig(), seed=1)
    pinned = dict(line.split("==") for line in requirements([config_to_json(config)]))
    assert {"torch", "mlflow", "numpy", "safetensors"} <= pinned.keys()
    assert pinned.keys().isdisjoint({"ray", "optuna", "numba", "matplotlib", "rnnsearch"})
    assert "+" not in pinned["torch"]
    own = requirements([{"task": {"type": "sine"}, "model": {"type": "hypothesis.core:Thing"}}])
    assert [one for one in own if one.startswith("hypothesis==")]
