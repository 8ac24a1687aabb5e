"""The guide's training script, exactly as it stands there, from check to a state that is used."""

from __future__ import annotations

import shutil
from pathlib import Path

from e2e.command import ROOT, rnnsearch

from rnnsearch import ScriptModel

EXAMPLE = ROOT / "rnnsearch" / "guide" / "examples" / "script"
SMALL = ("--trials", 4, "--set", "search.finalists={top: 1, seeds: 2}")

BROKEN = """
def train(config, state=None):
    yield {"val_loss": 1 / (config.width - config.width)}
"""


def test_it_is_searched_from_its_folder(tmp_path: Path) -> None:
    for name in ("spirals.py", "spirals.yaml"):
        shutil.copy(EXAMPLE / name, tmp_path)
    checked = rnnsearch("check", "spirals.yaml", cwd=tmp_path)
    assert checked.status == 0, checked.err
    assert "params.width: logint: [4, 64]" in checked.out
    ran = rnnsearch("run", "spirals.yaml", *SMALL, cwd=tmp_path)
    assert ran.status == 0, ran.err
    best = rnnsearch("best", "spirals", cwd=tmp_path)
    assert "ScriptModel.load(" in best.out
    (folder, *_) = (tmp_path / "studies" / "spirals" / "checkpoints").glob("trial-????")
    model = ScriptModel.load(folder)
    assert model.state["model"]["0.weight"].shape == (model.params["width"], 2)
    assert set(model.metrics) == {"val_loss", "val_accuracy"}
    assert model.manifest["source"] == (EXAMPLE / "spirals.py").read_text(encoding="utf-8")


def test_a_script_that_always_fails_ends_the_study_with_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    space = 'task: {type: script, function: "broken:train"}\nparams: {width: {int: [1, 9]}}\n'
    (tmp_path / "broken.yaml").write_text(space + "search: {num_trials: 50}\n", encoding="utf-8")
    ran = rnnsearch("run", "broken.yaml", cwd=tmp_path)
    assert ran.status == 2
    assert "failed on all of the first 3 trials" in ran.err
    assert 'broken.py", line 3, in train' in ran.err
    assert "ZeroDivisionError" in ran.err
