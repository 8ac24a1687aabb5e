"""A short sine study: the end of its run, its next commands, and its model elsewhere."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from e2e.command import python, rnnsearch
from e2e.conftest import Finished

LOAD_ELSEWHERE = """
import json, sys
import numpy as np
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(f"models:/{sys.argv[2]}@champion")
history = np.sin(np.linspace(0.0, 2.0, 11, dtype=np.float32))[None, :, None]
rolled = model.predict(history, params={"rollout_steps": 5})
trained = model.unwrap_python_model().model
print(json.dumps([list(np.shape(rolled)), trained.evaluate("val"), trained.metrics]))
"""


def test_run_ends_with_winner_baseline_picture_and_commands(sine: Finished) -> None:
    out = sine.said.out
    head = next(line for line in out.splitlines() if "winner:" in line)
    assert "baseline: AR(8)" in head
    assert "baseline: persistence" in head
    # the registered training, mean and spread of the seeds, two baselines
    row = "^val_rollout_rmse_49 +N +N +± +N +N +N$".replace("N", "[0-9.e+-]+")
    assert re.search(row, out, re.MULTILINE)
    picture = re.search(r"^picture: (.*)$", out, re.MULTILINE)
    assert picture is not None
    assert picture[1] == str(sine.folder / "figures" / "champion.png")
    assert "registered: models:/sine/1" in out
    assert "[bold]" not in out


def test_progress_lines_are_not_wrapped(sine: Finished) -> None:
    for line in sine.said.err.splitlines():
        if "best val_rollout" in line:
            assert line.startswith("trials ")
            assert "; time " in line


def test_next_commands_can_be_copied(sine: Finished) -> None:
    text = sine.said.out.split("\nnext:\n")[1]
    commands = [shlex.split(line)[1:] for line in text.splitlines()]
    assert [command[0] for command in commands] == ["extend", "trials", "rollout", "export", "ui"]
    for command in commands[1:3]:
        said = rnnsearch(*command)
        assert said.status == 0, said.err
        assert said.out


def test_rollout_draws_and_counts(sine: Finished) -> None:
    picture = sine.storage / "rollout.png"
    said = rnnsearch("rollout", "sine", "--storage", sine.storage, "--steps", 7, "-o", picture)
    assert said.status == 0, said.err
    assert len(said.out.splitlines()) == 7
    assert picture.stat().st_size > 1000
    uri = rnnsearch("rollout", "models:/sine@champion", "--storage", sine.storage, "--steps", 7)
    assert uri.out == said.out
    none = rnnsearch("rollout", "sine", "--storage", sine.storage, "--steps", 0)
    assert none.status == 2
    assert "--steps" in none.err


def test_champion_evaluates_in_a_new_process_to_what_was_recorded(sine: Finished) -> None:
    said = python(LOAD_ELSEWHERE, f"sqlite:///{sine.storage / 'mlflow.db'}", "sine")
    assert said.status == 0, said.err
    shape, again, recorded = said.json()
    assert shape == [1, 5, 1]
    assert again["val_rollout_rmse_49"] == recorded["val_rollout_rmse_49"]
    best = rnnsearch("best", "sine", "--storage", sine.storage, "--format", "json").json()
    assert best["best"]["value"] == pytest.approx(again["val_rollout_rmse_49"], rel=1e-6)


@pytest.mark.slow
def test_extend_goes_on_under_a_budget_and_verbose_tells_each_trial(sine: Finished) -> None:
    said = rnnsearch(
        *("extend", "sine", "--trials", 2, "--storage", sine.storage),
        *("--verbose", "--time-budget", "5m", "--format", "json"),
    )
    assert said.status == 0, said.err
    trials = said.json()["trials"]
    assert sum(trials.values()) == 6
    assert trials["running"] == trials["waiting"] == 0
    for number in (4, 5):
        assert re.search(rf"^trial-000{number}-\w+ goes aboard pack-", said.err, re.MULTILINE)
        assert re.search(rf"^trial {number} (complete|pruned|diverged): ", said.err, re.MULTILINE)
    board = rnnsearch("trials", "sine", "--storage", sine.storage, "--format", "json").json()
    numbers = [row["number"] for row in board if row["kind"] == "trial"]
    assert sorted(numbers) == list(range(6))
    assert json.loads(said.out)["champion_uri"].startswith("models:/sine/")
    curves = sine.storage.parent / "curves"
    assert f"records in TensorBoard: {curves} (the study's own)" in said.err
    assert len(list((curves / "sine").glob("trial-*"))) == 6, "the option need not be named again"
