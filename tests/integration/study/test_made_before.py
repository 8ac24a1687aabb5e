"""What the release before left on people's disks opens: see tests/data/made_before/README.md."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from e2e.records import ledger_trials

from rnnsearch.cli.app import main
from rnnsearch.study import Study
from rnnsearch.tasks.load import load_data
from rnnsearch.training.trained import TrainedModel

KEPT = Path(__file__).parents[2] / "data/made_before"
NAMES = sorted(path.name for path in (KEPT / "storage").iterdir())
MADE = "/tmp/made"
"""Where they were made, below which their data lay."""


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A copy of the studies, with their data where this machine has them."""
    shutil.copytree(KEPT / "storage", tmp_path / "studies")
    for file in (tmp_path / "studies").glob("*/study.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(f'"{MADE}/', f'"{KEPT.resolve()}/'), encoding="utf-8")
    return tmp_path / "studies"


def said(name: str) -> Any:
    return json.loads((KEPT / "said" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_study_says_what_it_said(
    name: str, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["trials", name], ["best", name], ["show", name, "1"]):
        with pytest.raises(SystemExit) as done:
            main([*command, "--storage", str(storage), "--format", "json"])
        assert done.value.code == 0
        printed = capsys.readouterr().out.replace(str(storage), f"{MADE}/studies")
        now, then = json.loads(printed), said(f"{name}-{command[0]}")
        # More may be said than then, under other keys.
        assert {**now, **then} == now if isinstance(then, dict) else now == then


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_answers(name: str, storage: Path) -> None:
    study = Study.open(name, storage=storage)
    trained = study.result().load_model()
    task: Any = trained.config.task
    if getattr(task, "path", None):  # a checkpoint names the file that it learned from
        task = replace(task, path=task.path.replace(MADE, str(KEPT.resolve())))
    assert trained.picture(data=load_data(task)) or name == "letters"
    for folder in (storage / name / "checkpoints").iterdir():
        assert TrainedModel.load(folder).manifest == trained.manifest


@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_registered_model_predicts_what_it_predicted(name: str) -> None:
    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model(str(KEPT / "models" / name))
    found, before = model.predict(model.input_example), said("predictions")[name]
    if name == "letters":  # drawn one by one: a last bit of another processor may turn a letter
        assert [text[:20] for text in found] == [text[:20] for text in before]
    elif isinstance(found, pd.DataFrame):
        pd.testing.assert_frame_equal(found, pd.DataFrame(before), rtol=1e-4, check_dtype=False)
    else:
        assert found == pytest.approx(np.array(before), rel=1e-3, abs=1e-5)


def test_a_study_that_was_stopped_goes_on_from_its_snapshots(
    storage: Path, two_cpus: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {trial.number: trial.intermediate_values for trial in ledger_trials(storage / "cut")}
    with pytest.raises(SystemExit) as done:
        main(["resume", "cut", "--storage", str(storage)])
    assert done.value.code == 0
    after = {trial.number: trial.intermediate_values for trial in ledger_trials(storage / "cut")}
    assert all(after[number].items() >= curve.items() for number, curve in before.items())
    epochs = sum(30 - (trial["epoch"] or 0) for trial in said("cut-trials") if trial["params"])
    assert f"; {50 * epochs:,} training steps" in capsys.readouterr().out  # none is taken twice


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_study_has_a_report(name: str, storage: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as done:
        main(["report", name, "--storage", str(storage), "--out", str(tmp_path / "report.html")])
    assert done.value.code in (None, 0)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="winner"' in text
    assert "could not be made" not in text
