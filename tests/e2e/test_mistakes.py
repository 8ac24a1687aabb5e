"""What a person gets wrong: status 2, a reason and a remedy, no traceback, and no Ray."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from e2e.command import RNNSEARCH, ROOT, SPACES, environment, rnnsearch

SINE = str(SPACES / "sine.yaml")

MISTAKES = {
    "no command": ((), "Usage:"),
    "unknown command": (("train",), "No such command 'train'"),
    "no file named": (("run",), "Missing argument 'FILE'"),
    "no such file": (("run", "nofile.yaml"), "there is no such file"),
    "a folder": (("check", str(SPACES)), "a folder"),
    "no YAML": (("check", str(ROOT / "README.md")), "no YAML"),
    "unknown option": (("run", SINE, "--epochs", "3"), "No such option"),
    "unknown format": (("run", SINE, "--format", "xml"), "'text', 'json'"),
    "no trials": (("run", SINE, "--trials", "0"), "Invalid value for '--trials'"),
    "no unit": (("run", SINE, "--time-budget", "10"), '"90s", "10m" or "2h"'),
    "no value": (("run", SINE, "--set", "training.learning_rate"), "KEY=VALUE"),
    "unknown key": (("run", SINE, "--set", "training.lr=3"), "training.learning_rate"),
    "unsafe name": (("run", SINE, "--name", "../sine"), "cannot name a study"),
    "storage is a URL": (("run", SINE, "--storage", "hdfs://host/x"), "--storage s3://bucket/"),
    "unwritable storage": (("run", SINE, "--storage", "/proc/studies"), "--storage"),
    "no cluster there": (("run", SINE, "--address", "127.0.0.1:1"), "Nobody answers"),
    "no address": (("run", SINE, "--address", "cluster"), "Give HOST:PORT or auto"),
    "no tracking URI": (("run", SINE, "--tracking-uri", "sqllite:///x.db"), "Did you mean sqlite"),
    "resume nothing": (("resume", "nope"), "No study 'nope'"),
    "extend by nothing": (("extend", "nope"), "--trials"),
    "stop nothing": (("stop", "nope"), "No study 'nope'"),
    "delete nothing": (("delete", "nope", "--yes"), "No study 'nope'"),
    "trials of nothing": (("trials", "nope"), "No study 'nope'"),
    "show nothing": (("show", "nope", "0"), "No study 'nope'"),
    "best of nothing": (("best", "nope"), "No study 'nope'"),
    "rollout of nothing": (("rollout", "nope", "--steps", "3"), "No study 'nope'"),
    "sample without prompt": (("sample", "nope"), "--prompt"),
    "no registry": (("sample", "models:/nope@champion", "--prompt", "a"), "mlflow.db does not"),
    "nothing to browse": (("ui",), "mlflow.db does not exist"),
    "draft of nothing": (("init", "nodata.txt"), "there is no file nodata.txt"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str, tmp_path: Path) -> None:
    """In an empty folder, so that the default storage is an empty one too."""
    arguments, text = MISTAKES[name]
    said = rnnsearch(*arguments, cwd=tmp_path)
    assert said.status == 2
    assert text in said.out + said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.rglob("*")) == []


def test_all_mistakes_of_a_file_at_once(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "task: {type: sine}\n"
        "model: {cel: lstm}\n"
        "training: {learning_rate: {loguniform: [0, 1]}, max_epochs: 5}\n"
        "search: {metric: val_mae, scheduler: {type: asha, grace_period: 9}}\n",
        encoding="utf-8",
    )
    said = rnnsearch("run", file, "--storage", tmp_path)
    assert said.status == 2
    assert "Traceback" not in said.err
    for line, key in ((2, "model.cel"), (3, "training.learning_rate"), (4, "search.metric")):
        assert f"wrong.yaml:{line}: {key}" in said.err
    assert "grace_period" in said.err
    assert not (tmp_path / "wrong").exists()


def test_version_and_help() -> None:
    assert rnnsearch("--version").out.startswith("rnnsearch ")
    listed = rnnsearch("--help").out
    for command in (
        *("run", "resume", "extend", "stop", "studies", "delete", "trials", "show", "best"),
        *("check", "init", "schema", "rollout", "sample", "ui"),
    ):
        assert f"\n  {command} " in listed
        said = rnnsearch(command, "--help")
        assert said.status == 0
        assert "Usage:" in said.out


def test_a_reader_that_has_enough_gets_no_traceback() -> None:
    with subprocess.Popen(
        [*RNNSEARCH, "schema"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
