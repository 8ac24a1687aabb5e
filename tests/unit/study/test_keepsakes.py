"""A study's description and leaderboard for MLflow, and where it comes from."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from contracts import hand_made

from rnnsearch.study.description import LONGEST, description
from rnnsearch.study.keepsakes import leaderboard_table
from rnnsearch.study.provenance import commit_tags, datasets, origin_tags
from rnnsearch.tasks.base import Score
from rnnsearch.tasks.fingerprint import Fingerprint
from rnnsearch.testing.waves import WaveData

AR = Score("AR(8)", {"val_mse": 0.3, "test_mse": 0.4}, "")


def test_a_description_asks_and_answers(tmp_path: Path) -> None:
    won = hand_made.champion(1, 0.25, text="hello -> elloh")
    study = hand_made.result(
        tmp_path,
        [hand_made.record(0, best=0.5), hand_made.record(1, best=0.25)],
        won_by=won,
        baselines=[AR],
        notes=["the data has no test part"],
    )
    text = description(study, 10, "complete", "", 75.0)
    assert "configuration of `sine` has the lowest `val_mse` among 10 trials?" in text
    assert "**State**: complete after 1m15s (2 complete)" in text
    assert "> note: the data has no test part" in text
    assert "|  | trial-0001-rnn | baseline AR(8) |" in text
    assert "| `val_mse` | 0.25 | 0.3 |" in text
    assert "| `model.cell` | rnn |" in text
    assert 'load_model("models:/wave@champion")' in text
    assert f"`rnnsearch resume wave --storage {tmp_path}`" in text
    assert "hello -> elloh" in text
    assert "Winner" not in description(replace(study, champion=None), 10)
    many = replace(study, notes=["x" * 900] * 20)
    assert len(description(many, 10)) <= LONGEST


def test_a_leaderboard_is_a_table_of_strict_json(tmp_path: Path) -> None:
    trials = [hand_made.record(0, best=0.5), hand_made.record(1, "diverged", float("inf"))]
    study = hand_made.result(tmp_path, trials, baselines=[AR])
    table = leaderboard_table(study.leaderboard(), "val_mse")
    json.dumps(table, allow_nan=False)
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert [row["trial"] for row in rows] == ["AR(8)", "trial-0000-rnn", "trial-0001-rnn"]
    assert [row["rank"] for row in rows] == ["", 1, 2]
    assert [row["val_mse"] for row in rows] == [0.3, 0.5, "inf"]
    assert [row["model.cell"] for row in rows] == ["", "rnn", "rnn"]


def test_a_command_line_is_kept_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "http://ann:sesame5@host"
    words = ["/venv/bin/rnnsearch", "run", "my file.yaml", "--tracking-uri", uri]
    tags = origin_tags(uri, words)
    assert tags["command"] == "rnnsearch run 'my file.yaml' --tracking-uri http://ann:***@host"
    assert tags["mlflow.source.name"] == "rnnsearch"
    assert origin_tags("", ["/lib/rnnsearch/__main__.py"])["command"] == "rnnsearch"


@pytest.mark.parametrize("password", ["Sesame", "p@Sesame/x", "Sesame'x y", "Sesame%2F:x?y"])
@pytest.mark.parametrize("form", [["--ledger", "{}"], ["--ledger={}"], ["--set", "a", "{}?b=c"]])
def test_a_password_of_the_ledger_stays_out_of_the_command_line(
    password: str, form: list[str]
) -> None:
    url = f"postgresql://ann:{password}@db/ledgers"
    words = ["rnnsearch", "run", "sine.yaml", *(one.format(url) for one in form)]
    command = origin_tags("", words)["command"]
    assert "Sesame" not in command
    assert "postgresql://ann:***@db/ledgers" in command
    assert command.startswith("rnnsearch run sine.yaml --")


def test_a_commit_is_told_with_whether_files_have_changed(tmp_path: Path) -> None:
    assert commit_tags(tmp_path, "git") == {}
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "space.yaml").write_text("a")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "ledger").write_text("results are no change of what is tracked")
    tags = commit_tags(tmp_path, "git")
    assert tags["git_dirty"] == "false"
    assert len(tags["git_commit"]) == 40
    (tmp_path / "space.yaml").write_text("b")
    assert commit_tags(tmp_path / "studies", "git") == {**tags, "git_dirty": "true"}


def test_data_is_named_by_its_file_or_by_its_settings(tmp_path: Path) -> None:
    spec, data = hand_made.spec(), WaveData()
    (made,) = datasets(spec, data, None)  # type: ignore[arg-type]
    assert (made["name"], made["source_type"]) == ("sine", "code")
    assert made["digest"] == data.sha256()[:36]
    assert json.loads(made["profile"])["parts"] == {k: v for k, v in data.rows().items() if v}
    read = Fingerprint("f" * 64, str(tmp_path / "load.csv"), {"rows": 400})
    (made,) = datasets(spec, data, {read.path: read})  # type: ignore[arg-type]
    assert (made["name"], made["source_type"], made["digest"]) == ("load.csv", "local", "f" * 36)
    assert json.loads(made["source"]) == {"uri": (tmp_path / "load.csv").as_uri()}
    assert json.loads(made["profile"])["rows"] == 400
