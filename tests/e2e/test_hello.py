"""The smallest study, through every command that looks at it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import urllib.request

import pytest
from e2e.command import Running, rnnsearch
from e2e.conftest import Finished
from e2e.records import ledger_trials, registered, run_statuses, trial_runs

KEYS = {
    "study",
    "trials",
    "best",
    "wall_seconds",
    "training_steps",
    "trials_per_hour",
    "tracking_uri",
    "experiment_id",
    "run_id",
    "champion_uri",
}


def test_json_is_one_line_on_standard_output(hello: Finished) -> None:
    (line,) = hello.said.out.splitlines()
    result = json.loads(line)
    assert set(result) >= KEYS
    assert result["study"] == "hello"
    trials = {"complete": 8, "pruned": 0, "diverged": 0, "failed": 0, "running": 0}
    assert {state: result["trials"][state] for state in trials} == trials
    assert set(result["best"]) >= {"number", "value", "params"}
    assert result["best"]["value"] < 0.01
    assert result["training_steps"] == 8 * 200
    assert result["tracking_uri"] == f"sqlite:///{hello.storage.resolve() / 'mlflow.db'}"
    assert result["champion_uri"] == "models:/hello/1"
    assert all(result[key] for key in KEYS)


def test_progress_is_plain_and_quiet(hello: Finished) -> None:
    lines = hello.said.err.splitlines()
    assert lines[0].startswith("rnnsearch: reading ")
    assert "\x1b" not in hello.said.err
    for noise in ("INFO", "WARNING", "alembic", "Traceback", "(raylet)"):
        assert noise not in hello.said.err


def test_the_missing_part_is_said_before_and_after(hello: Finished) -> None:
    before, after = hello.said.err.split("study hello: 8 complete")
    assert "no held-out part" in before
    assert "no held-out part" in after


def test_tensorboard_has_every_epoch_of_every_trial(hello: Finished) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for trial in ledger_trials(hello.folder):
        (run,) = (hello.storage.parent / "curves" / "hello").glob(f"trial-{trial.number:04d}-*")
        kept = EventAccumulator(str(run)).Reload().Scalars("train_nats")
        assert len(kept) == len(trial.intermediate_values)
        curve = {one.step: one.value for one in kept}
        assert curve == pytest.approx(trial.intermediate_values)


def test_winner_writes_elloh(hello: Finished) -> None:
    said = rnnsearch("best", "hello", "--storage", hello.storage)
    assert said.status == 0
    assert "hello -> elloh" in said.out
    assert "baseline: 5-gram" in said.out
    assert (hello.folder / "figures" / "champion.png").stat().st_size > 1000
    assert str(hello.folder / "figures" / "champion.png") in said.out


def test_nothing_is_left_running(hello: Finished) -> None:
    assert {trial.state.name for trial in ledger_trials(hello.folder)} == {"COMPLETE"}
    assert run_statuses(hello.storage)["RUNNING"] == 0
    hellos = trial_runs(hello.storage)
    assert set(hellos.values()) == {1}
    assert "hello" in registered(hello.storage)


def test_trials_show_and_studies(hello: Finished) -> None:
    option = ("--storage", hello.storage)
    board = rnnsearch("trials", "hello", *option).out.splitlines()
    assert len(board) == 1 + 8 + 2 + 1
    assert board[-1] == "*: the winner"
    assert any("5-gram" in line and "baseline" in line for line in board)
    rows = rnnsearch("trials", "hello", *option, "--format", "json").json()
    best = rows[0]
    shown = rnnsearch("show", "hello", best["number"], *option)
    assert f"{best['name']}: complete" in shown.out
    # One fewer where the best epoch is the last.
    assert re.search(r"\((19|20) of 200 epochs", shown.out)
    assert "train_nats  train_loss" in shown.out
    record = rnnsearch("show", "hello", best["number"], *option, "--format", "json").json()
    assert len(record["values_by_epoch"]) == 200
    assert record["values_by_epoch"][str(best["best_epoch"])] == best["value"]
    (listed,) = [
        row
        for row in rnnsearch("studies", *option, "--format", "json").json()
        if row["study"] == "hello"
    ]
    assert (listed["state"], listed["trials"], listed["complete"]) == ("complete", 8, 8)


def test_show_names_the_trials_that_there_are(hello: Finished) -> None:
    said = rnnsearch("show", "hello", 8, "--storage", hello.storage)
    assert said.status == 2
    assert "from 0 to 7" in said.err


def test_sample_from_the_study_and_from_the_registry(hello: Finished) -> None:
    option = ("--storage", hello.storage, "--prompt", "hell", "--length", 6, "--temperature", 0)
    assert rnnsearch("sample", "hello", *option).out == "hellohello\n"
    assert rnnsearch("sample", "models:/hello@champion", *option).out == "hellohello\n"


def test_sample_says_what_the_model_can_spell(hello: Finished) -> None:
    said = rnnsearch("sample", "hello", "--storage", hello.storage, "--prompt", "world")
    assert said.status == 2
    assert "'ehlo'" in said.err


def test_a_text_has_no_rollout(hello: Finished) -> None:
    said = rnnsearch("rollout", "hello", "--storage", hello.storage, "--steps", 3)
    assert said.status == 2
    assert "rnnsearch sample hello" in said.err


def test_a_taken_name_is_refused_with_the_commands_that_go_on(hello: Finished) -> None:
    said = rnnsearch(
        "run", "search_spaces/hello.yaml", "--storage", hello.storage, "--name", "hello"
    )
    assert said.status == 2
    assert f"rnnsearch resume hello --storage {hello.storage}" in said.err
    assert "rnnsearch extend hello --trials 20" in said.err


def test_delete_wants_an_answer(hello: Finished) -> None:
    no = rnnsearch("delete", "hello", "--storage", hello.storage, stdin="n\n")
    assert no.status == 0
    assert "MB" in no.out
    assert "nothing was deleted" in no.out
    silence = rnnsearch("delete", "hello", "--storage", hello.storage)
    assert silence.status == 2
    assert "--yes" in silence.err
    assert hello.folder.exists()


def test_ui_serves_the_records_of_the_storage(hello: Finished) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.listen()
        taken = rnnsearch("ui", "--storage", hello.storage, "--port", port)
    assert taken.status == 2
    free = re.search(r"rnnsearch ui --port (\d+)", taken.err)
    assert free is not None
    assert int(free[1]) != port
    running = Running.start("ui", "--storage", hello.storage, "--port", port)
    try:
        running.wait_for(lambda line: "Uvicorn running" in line)
        query = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/get-by-name?experiment_name=hello"
        )
        with urllib.request.urlopen(query, timeout=60) as answer:
            assert json.load(answer)["experiment"]["name"] == "hello"
    finally:
        os.killpg(running.process.pid, signal.SIGTERM)
        running.end()
