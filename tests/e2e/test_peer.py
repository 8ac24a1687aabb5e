"""Models of packages that know nothing of this project, searched as they are: their modules by
`model.type`, and a training loop around one by a script."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from e2e.command import SECONDS, Said, environment

pytestmark = pytest.mark.slow

PACKAGES = ("ncps==1.0.1", "future", "sktime==1.2.0", "scikit-base")

CLASSIFIER = """
task:
  {type: labels, path: vowels.csv, id: id, time: step, label: speaker, split: {column: part},
   features: [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12]}
model:
  type: sktime.networks.gru:GRU
  num_classes: 9
  batch_first: true
  hidden_dim: {logint: [8, 64]}
  n_layers: {int: [1, 2]}
  dropout: {uniform: [0, 0.4], when: {model.n_layers: 2}}
training:
  {learning_rate: {loguniform: [0.003, 0.03]}, batch_size: 16, max_epochs: 12}
search: {metric: val_accuracy, num_trials: 6, finalists: {top: 1, seeds: 3}}
"""

FORECASTER = """
task: {type: arrays, path: waves.npz}
model:
  type: ncps.torch:CfC
  proj_size: 1
  units: {logint: [4, 24]}
  backbone_units: 16
  mode: {choice: [default, pure, no_gate]}
  mixed_memory: {choice: [true, false]}
training: {learning_rate: {loguniform: [0.003, 0.03]}, batch_size: 4, max_epochs: 12}
search: {metric: val_mse, num_trials: 6, finalists: {top: 1, seeds: 2}}
"""

SCRIPT = """
import numpy
import torch
from ncps.torch import CfC
from ncps.wirings import AutoNCP


def train(config, state=None):
    held = numpy.load("waves.npz")
    x, y, val_x, val_y = (
        torch.from_numpy(held[name]) for name in ("x_train", "y_train", "x_val", "y_val")
    )
    model = CfC(2, AutoNCP(config.units, 1), mode=config.mode)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    for _ in range(config.start_epoch, config.max_epochs):
        for rows in torch.randperm(len(x)).split(4):
            loss = torch.nn.functional.mse_loss(model(x[rows])[0], y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            val_loss = torch.nn.functional.mse_loss(model(val_x)[0], val_y)
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        yield {"val_loss": val_loss}, state
"""

SCRIPTED = """
task: {type: script, function: "loop:train", metric: val_loss, goal: minimize}
params:
  units: {logint: [8, 24]}
  mode: {choice: [default, no_gate]}
  learning_rate: {loguniform: [0.003, 0.03]}
training: {max_epochs: 8}
search: {num_trials: 4, scheduler: {grace_period: 2}, finalists: {top: 1, seeds: 2}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on Python's path with the packages, which this project does not depend on."""
    folder = tmp_path_factory.mktemp("peers")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    done = subprocess.run(
        [*pip, "--no-deps", "--target", folder / "site", *PACKAGES],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"the packages cannot be installed: {done.stderr.strip()[-200:]}")
    return folder / "site"


def command(site: Path, folder: Path, *words: object) -> Said:
    """A command of rnnsearch, or of Python behind `-c`, where the packages are installed."""
    said = environment()
    start = [sys.executable] if words[0] == "-c" else [sys.executable, "-m", "rnnsearch"]
    done = subprocess.run(
        [*start, *map(str, words)],
        cwd=folder,
        env={**said, "PYTHONPATH": os.pathsep.join((said["PYTHONPATH"], str(site)))},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def studied(site: Path, folder: Path, name: str, space: str) -> dict[str, float]:
    """Of the champion of a study the means of its seeds on the test part, and its own `value`."""
    (folder / f"{name}.yaml").write_text(space, encoding="utf-8")
    ran = command(site, folder, "run", f"{name}.yaml", "--format", "json")
    assert ran.status == 0, ran.err
    best = ran.json()["best"]
    print(name, best)
    return {**{name: one["mean"] for name, one in best["test"].items()}, "value": best["value"]}


def test_a_classifier_of_a_package_on_the_data_set_of_the_package(
    site: Path, tmp_path: Path
) -> None:
    """640 utterances of 9 speakers, 7 to 29 time steps of 12 numbers, with official parts."""
    parts = (("train", "TRAIN"), ("test", "TEST"))
    with (tmp_path / "vowels.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["id", "step", *(f"c{n}" for n in range(1, 13)), "speaker", "part"])
        for part, file in parts:
            source = site / "sktime" / "datasets" / "data" / "JapaneseVowels"
            text = (source / f"JapaneseVowels_{file}.ts").read_text(encoding="utf-8")
            lines = text.partition("@data")[2].split()
            for number, line in enumerate(lines):
                *dimensions, speaker = line.split(":")
                columns = [one.split(",") for one in dimensions]
                for step, values in enumerate(zip(*columns, strict=True)):
                    rows.writerow([f"{part}{number}", step, *values, f"speaker {speaker}", part])
    metrics = studied(site, tmp_path, "vowels", CLASSIFIER)
    assert metrics["test_accuracy"] > 0.9  # published figures lie at 0.95 to 0.99
    again = command(
        site, tmp_path, "predict", "vowels", "vowels.csv", "--allow-code", "--format", "json"
    )
    assert again.status == 0, again.err


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wave of the package's own tutorial, in several phases: two waves in, one of twice the
    frequency out."""
    folder, steps = tmp_path_factory.mktemp("waves"), np.linspace(0, 3 * np.pi, 48)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, 36)[:, None]
    x = np.stack([np.sin(steps + phases), np.cos(steps + phases)], 2).astype(np.float32)
    y = np.sin(2 * (steps + phases))[..., None].astype(np.float32)
    parts = {"train": slice(0, 24), "val": slice(24, 30), "test": slice(30, 36)}
    named = {
        f"{name}_{part}": whole[some]
        for part, some in parts.items()
        for name, whole in (("x", x), ("y", y))
    }
    np.savez(folder / "waves.npz", **named)
    return folder


def test_a_recurrent_module_of_a_package(site: Path, waves: Path) -> None:
    metrics = studied(site, waves, "cfc", FORECASTER)
    assert metrics["test_mse"] < 0.2  # in variances of the training part


def test_the_loop_around_the_same_module(site: Path, waves: Path) -> None:
    (waves / "loop.py").write_text(SCRIPT, encoding="utf-8")
    metrics = studied(site, waves, "looped", SCRIPTED)
    assert metrics["value"] < 0.4  # the wave's variance is 0.5
