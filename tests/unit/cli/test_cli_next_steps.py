"""What may come next, as commands to copy, from hand-made results and what a checkpoint says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.hand_made import SPACE, TEXT_SPACE, champion, figures, record, result

from rnnsearch.cli.next_steps import next_commands
from rnnsearch.commands import command
from rnnsearch.search.lock import StudyLock
from rnnsearch.study import StudyResult

SINE = {"type": "sine", "rollout": {"steps": [1, 10, 29]}}
TABLE = {"type": "series", "horizon": 24}


def won(
    folder: Path,
    task: dict[str, Any],
    manifest: dict[str, Any] | None = None,
    *,
    said: str = "",
    state: str = "complete",
) -> StudyResult:
    """A study whose champion's checkpoint says what it was trained on."""
    checkpoint = folder / "wave" / "checkpoint"
    checkpoint.mkdir(parents=True)
    told = {"config": {"task": task}, "manifest": manifest or {}}
    (checkpoint / "config.json").write_text(json.dumps(told), encoding="utf-8")
    text = task["type"] == "text"
    metric = "train_nats" if text else "val_mse"
    won_by = replace(champion(0, 0.1, said, metric), path=str(checkpoint))
    trials = [record(0, best=0.1), record(1, best=0.2)]
    space = TEXT_SPACE if text else SPACE
    return result(folder, trials, space=space, won_by=won_by, run=figures(state))


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("complete", "extend wave --trials 2"),
        ("budget", "resume wave"),
        ("stopped", "resume wave"),
    ],
)
def test_what_comes_next(state: str, command: str, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").touch()
    found = next_commands(won(tmp_path, SINE, state=state))
    assert found == [
        f"rnnsearch {command} --storage {tmp_path}",
        f"rnnsearch trials wave --storage {tmp_path}",
        f"rnnsearch rollout wave --steps 29 --storage {tmp_path}",
        f"rnnsearch export wave --format onnx --storage {tmp_path}",
        f"rnnsearch ui wave --storage {tmp_path}",
    ]


def test_where_nothing_is_left_to_resume_there_is_only_a_look(tmp_path: Path) -> None:
    study = result(tmp_path, [record(0, "diverged")], run=figures("failed"))
    assert next_commands(study) == [f"rnnsearch trials wave --storage {tmp_path}"]
    study = result(tmp_path, [record(0, "waiting")], run=figures("failed"))
    assert next_commands(study)[0] == f"rnnsearch resume wave --storage {tmp_path}"
    stopped = result(tmp_path, [record(0)], space=TEXT_SPACE, run=figures("stopped"))
    assert next_commands(stopped)[0] == f"rnnsearch resume wave --storage {tmp_path}"


def test_default_storage_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = result(tmp_path / "studies", [record(0)], run=figures())
    assert next_commands(study)[1] == "rnnsearch trials wave"
    study = result(tmp_path / "my studies", [record(0)], run=figures())
    assert next_commands(study)[1] == "rnnsearch trials wave --storage 'my studies'"


def test_a_study_that_runs_is_watched_or_stopped(tmp_path: Path) -> None:
    study = won(tmp_path, SINE, state="running")
    with StudyLock(study.directory):
        assert next_commands(study)[:2] == [
            f"rnnsearch watch wave --storage {tmp_path}",
            f"rnnsearch stop wave --storage {tmp_path}",
        ]


def test_a_champion_that_is_gone_is_used_by_no_command(tmp_path: Path) -> None:
    study = won(tmp_path, SINE)
    for told in ("{", "[]", None):
        config = tmp_path / "wave" / "checkpoint" / "config.json"
        config.write_text(told) if told else config.unlink()
        assert not any("rollout" in one for one in next_commands(study))


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        ("hello -> elloh", "hello"),
        ("'tis so", "''\"'\"'tis'"),
        ("", "a"),
        ("\ufffd\ufffd hello", "hello"),
        ("\ufffd", "a"),
    ],
)
def test_prompt_is_one_that_the_model_can_spell(said: str, prompt: str, tmp_path: Path) -> None:
    known = {"unit": "char", "vocabulary": "\t a'ehiloqst->"}
    study = won(tmp_path, {"type": "text"}, known, said=said)
    (told,) = [one for one in next_commands(study) if " sample " in one]
    assert f"sample wave --prompt {prompt} --length 200" in told


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (TABLE, "rollout wave --steps 24"),
        ({"type": "series", "horizon": 1}, "rollout wave"),
        ({"type": "wave", "horizon": 4, "rollout": {"steps": [50]}}, "rollout wave"),
        (
            {"type": "lorenz", "horizon": 1, "rollout": {"steps": [5, 50]}},
            "rollout wave --steps 50",
        ),
        ({"type": "adding"}, None),
        ({"type": "unit.tasks.custom_examples.custom_tasks:Echo"}, None),
    ],
)
def test_steps_are_those_that_the_task_knows(
    task: dict[str, Any], words: str | None, tmp_path: Path
) -> None:
    found = next_commands(won(tmp_path, task))
    used = [f"rnnsearch {words} --storage {tmp_path}"] if words else []
    if ":" not in task["type"]:  # a class of a person's may hold what no format has
        used.append(f"rnnsearch export wave --format onnx --storage {tmp_path}")
    assert found[2:] == used


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a: b (0.9): no (0.50), right\nx: no (1.00), right", "'a: b (0.9)'"),
        ("-x: no (0.50), it is yes", "-- -x"),
        ("", None),
    ],
)
def test_what_was_said_can_be_labelled_again(said: str, words: str | None, tmp_path: Path) -> None:
    manifest = {"reads": "text", "classes": ["no", "yes"]}
    found = next_commands(won(tmp_path, {"type": "labels", "path": "x"}, manifest, said=said))
    if words is None:
        assert [one.split()[1] for one in found[2:]] == ["export"]
    elif words.startswith("--"):
        assert found[2] == f"rnnsearch classify wave --storage {tmp_path} {words}"
    else:
        assert found[2] == f"rnnsearch classify wave {words} --storage {tmp_path}"


def test_a_password_is_not_repeated() -> None:
    for uri, said in (
        ("http://me:secret@host", ""),
        ("http://token@host", ""),
        ("http://host?token=secret", ""),
        ("postgresql://me@host/db", " --tracking-uri postgresql://me@host/db"),
    ):
        assert command("rollout", "m", tracking_uri=uri) == f"rnnsearch rollout m{said}"
