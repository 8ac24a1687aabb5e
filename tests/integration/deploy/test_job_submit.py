"""`deploy/job.py` through the Jobs server of a real cluster of two nodes."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from two_nodes import PROJECT, Cluster

from rnnsearch.study import Study

STUDY = ["search_spaces/hello.yaml", "--quiet", "--format", "json"]
SMALL = ["--trials", "4", "--set", "training.max_epochs=30"]
# one pack on each node, and both are full
SPREAD = ["--set", "resources.packs=2", "--set", "resources.slots=2"]

# appended to the copy that is sent: a pack says where it runs, and from which file
PROBE = """

_setup = PackTrainable.setup


def _probed(self, config):
    node = ray.get_runtime_context().get_node_id()
    (Path(config["settings"]["logs"]) / f"{node}.probe").write_text(__file__)
    _setup(self, config)


PackTrainable.setup = _probed
"""


def project_copy(folder: Path) -> Path:
    """What a user would send."""
    for name in ("rnnsearch", "deploy", "search_spaces"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_a_study_is_complete_on_the_storage_and_ran_on_both_nodes(
    cluster: Cluster, tmp_path: Path
) -> None:
    sent = project_copy(tmp_path / "project")
    with (sent / "rnnsearch/search/tune/pack_trainable.py").open("a") as file:
        file.write(PROBE)
    storage = tmp_path / "storage"
    command = ["python", "deploy/job.py", *STUDY, "--storage", str(storage), *SMALL, *SPREAD]
    done = cluster.job("submit", "--working-dir", ".", "--", *command, cwd=sent)
    assert done.status == 0, done.text
    assert "Traceback" not in done.text
    said = done.json()
    assert {state: count for state, count in said["trials"].items() if count} == {"complete": 4}
    assert said["champion_uri"]

    study = Study.open("hello", storage=storage)
    assert study.result().summary()["trials"] == said["trials"]
    assert study.result().load_model().metrics["train_nats"] == said["best"]["value"]
    with sqlite3.connect(storage / "mlflow.db") as database:
        states = [row[0] for row in database.execute("select status from runs")]
    assert len(states) >= 5  # the study's run and one a trial
    assert set(states) == {"FINISHED"}

    probes = list(study.directory.logs.glob("*.probe"))
    assert len(probes) == 2, "a pack on each of two nodes"
    assert all("working_dir_files" in probe.read_text() for probe in probes)


def test_a_storage_that_ray_would_delete_is_refused(cluster: Cluster) -> None:
    command = ["python", "deploy/job.py", *STUDY]  # the default, ./studies
    done = cluster.job("submit", "--working-dir", ".", "--", *command)
    assert "failed with exit code 2" in done.text
    assert "Give an absolute path that outlives the job, such as --storage" in done.text
    assert "Traceback" not in done.text
    assert done.status != 0


EPOCHS = 1500
"""So many that trials are on their way when the stop arrives."""


@pytest.mark.slow
def test_a_stopped_job_drains_and_can_be_resumed(cluster: Cluster, tmp_path: Path) -> None:
    overrides = [f"training.max_epochs={EPOCHS}", "search.num_trials=4", *SPREAD[1::2]]
    sets = [word for override in overrides for word in ("--set", override)]
    options = ["--submission-id", "stopped", "--no-wait", "--working-dir", "."]
    options += ["--runtime-env", "deploy/runtime_env.yaml"]
    command = ["python", "deploy/job.py", STUDY[0], "--storage", str(tmp_path), *sets]
    sent = project_copy(tmp_path / "project")
    assert cluster.job("submit", *options, "--", *command, cwd=sent).status == 0
    journal = tmp_path / "hello" / "ledger.journal"
    deadline = time.monotonic() + 400
    while not (journal.exists() and "intermediate_value" in journal.read_text()):
        assert time.monotonic() < deadline, cluster.job("logs", "stopped").text
        time.sleep(0.5)
    cluster.job("stop", "stopped")
    logs = cluster.job("logs", "stopped").text
    assert f"rnnsearch resume hello --storage {tmp_path}" in logs
    assert "Traceback" not in logs
    result = Study.open("hello", storage=tmp_path).result()
    assert (result.state, result.reason) == ("interrupted", "interrupted by SIGTERM")
    counts = result.summary()["trials"]
    assert counts["running"] == 0
    assert counts["waiting"] >= 1
    before = {trial.number: trial.values_by_epoch for trial in result.trials}
    assert any(before.values())

    script = str(PROJECT / "deploy" / "job.py")
    resume = [sys.executable, script, "resume", "hello", "--storage", str(tmp_path)]
    done = cluster.run(*resume, "--address", cluster.address, "--format", "json")
    assert done.status == 0, done.text
    counts = done.json()["trials"]
    assert {state: count for state, count in counts.items() if count} == {"complete": 4}
    for trial in Study.open("hello", storage=tmp_path).result().trials:
        assert len(trial.values_by_epoch) == EPOCHS
        assert before[trial.number].items() <= trial.values_by_epoch.items()
