"""A training script in the file that makes the study, from the search to a state that is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from e2e.command import SECONDS, environment, rnnsearch

MAKING = """
import threading

import torch

from rnnsearch import Script, Study, loguniform

START = 3.0


def start():
    return torch.full((1,), START)


def train(config, state=None):
    place = start() if state is None else state["place"]
    for _ in range(config.start_epoch, config.max_epochs):
        place = place * config.factor
        yield {"val_loss": place}, {"place": place}


def unsendable(config, state=None):
    yield {"val_loss": LOCK}


LOCK = threading.Lock()


def study_of(function):
    return Study(
        task=Script(function=function),
        params={"factor": loguniform(0.5, 0.9)},
        training={"max_epochs": 3},
        search={"num_trials": 2, "finalists": {"top": 1, "seeds": 1}},
    )

"""

SEARCH = """
result = study_of(train).run()
model = result.load_script()
assert abs(model.state["place"].item() - 3 * model.params["factor"] ** 3) < 1e-6
assert "def train" in model.manifest["source"]
result = Study.open("script", more_trials=1).run()
assert result.counts()["complete"] == 3, result.counts()
try:
    study_of(unsendable).run()
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.slow
def test_it_is_searched_resumed_and_refused_without_its_function(tmp_path: Path) -> None:
    script = tmp_path / "search.py"
    script.write_text(MAKING + SEARCH, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "InputError the code of the script or notebook cannot be sent to the pack" in done.stdout
    assert "cannot pickle '_thread.lock' object. Make such an object where" in done.stdout
    again = rnnsearch("extend", "script", "--trials", 1, cwd=tmp_path)
    assert again.status == 2
    assert "code=[train]).run()" in again.err
    assert rnnsearch("best", "script", cwd=tmp_path).status == 0
