"""The guide's training script, exactly as it stands there, from check to a state that is used."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from e2e.command import ROOT, environment, rnnsearch

from rnnsearch import ScriptModel

EXAMPLE = ROOT / "rnnsearch" / "guide" / "examples" / "script"
SMALL = ("--trials", 4, "--set", "search.finalists={top: 1, seeds: 2}")

BROKEN = """
def train(config, state=None):
    yield {"val_loss": 1 / (config.width - config.width)}
"""


@pytest.mark.slow
def test_it_is_searched_from_its_folder(tmp_path: Path) -> None:
    for name in ("spirals.py", "spirals.yaml"):
        shutil.copy(EXAMPLE / name, tmp_path)
    checked = rnnsearch("check", "spirals.yaml", cwd=tmp_path)
    assert checked.status == 0, checked.err
    assert "params.width: logint: [4, 64]" in checked.out
    ran = rnnsearch("run", "spirals.yaml", *SMALL, cwd=tmp_path)
    assert ran.status == 0, ran.err
    best = rnnsearch("best", "spirals", cwd=tmp_path)
    assert "# as your script yielded it, with 'model', 'optimizer'" in best.out
    lines = best.out.partition("with MLflow:\n")[2].partition("\n\nin plain")[0]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(lines) + "print(sorted(state))"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["['model', 'optimizer']"], done.stderr
    predicted = rnnsearch("predict", "spirals", cwd=tmp_path)
    assert predicted.status == 2
    assert "does not know what computes with it" in predicted.err
    (folder, *_) = (tmp_path / "studies" / "spirals" / "checkpoints").glob("trial-????")
    model = ScriptModel.load(folder)
    assert model.state["model"]["0.weight"].shape == (model.params["width"], 2)
    assert set(model.metrics) == {"val_loss", "val_accuracy"}
    assert model.manifest["source"] == (EXAMPLE / "spirals.py").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_script_that_always_fails_ends_the_study_with_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    space = 'task: {type: script, function: "broken:train"}\nparams: {width: {int: [1, 9]}}\n'
    (tmp_path / "broken.yaml").write_text(space + "search: {num_trials: 50}\n", encoding="utf-8")
    ran = rnnsearch("run", "broken.yaml", cwd=tmp_path)
    assert ran.status == 2
    assert "failed on all of the first 3 trials" in ran.err
    assert 'broken.py", line 3, in train' in ran.err
    assert "ZeroDivisionError" in ran.err
