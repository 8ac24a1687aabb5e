"""The guide's custom task, exactly as it stands there, from check to a model that is used."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.command import ROOT, SECONDS, rnnsearch

USE = """
import mlflow, numpy as np
mlflow.set_tracking_uri("sqlite:///studies/mlflow.db")
model = mlflow.pyfunc.load_model("models:/echo@champion")
print(model.predict(np.zeros((2, 9, 1), dtype=np.float32)).shape)
"""


EXAMPLE = ROOT / "rnnsearch" / "guide" / "examples" / "task"


def test_it_is_short() -> None:
    assert len((EXAMPLE / "echo.py").read_text(encoding="utf-8").splitlines()) < 40


@pytest.mark.slow
def test_it_runs_from_its_folder(tmp_path: Path) -> None:
    for name in ("echo.py", "echo.yaml"):
        shutil.copy(EXAMPLE / name, tmp_path)
    checked = rnnsearch("check", "echo.yaml", cwd=tmp_path)
    assert checked.status == 0, checked.err
    assert "task.delay: 2" in checked.out
    wrong = rnnsearch("check", "echo.yaml", "--set", "task.dely=3", cwd=tmp_path)
    assert wrong.status == 2
    assert "Did you mean task.delay?" in wrong.err
    few = ("--trials", 2, "--set", "search.finalists={top: 1, seeds: 1}")
    said = rnnsearch("run", "echo.yaml", *few, "--set", "training.max_epochs=2", cwd=tmp_path)
    assert said.status == 0, said.err
    assert "constant" in said.out, "baselines come with the adapter"
    assert re.search(r"^test_mse +\d", said.out, re.MULTILINE), "the winner is tested"
    used = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert used.returncode == 0, used.stderr
    assert used.stdout.split("\n")[-2] == "(2, 9, 1)"
