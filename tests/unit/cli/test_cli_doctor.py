"""The command `doctor` on this machine, without a cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnsearch.cli.app import main


def examined(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *words])
    return ended.value.code, capsys.readouterr().out


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that started Ray before may have left its switches in the environment."""
    for name in ("RAY_AUTH_MODE", "MLFLOW_TRACKING_URI", "RNNSEARCH_LEDGER"):
        monkeypatch.delenv(name, raising=False)


def test_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = examined(capsys, "--storage", str(tmp_path), "--json")
    report = json.loads(out)
    checks = [one["check"] for one in report["findings"]]
    assert checks == ["token", "versions", "gpus", "storage", "ledger", "tracking"]
    assert (status, report["ok"]) == (0, True)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_has_its_remedy_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = examined(capsys, "--address", "127.0.0.1:1", "--storage", str(tmp_path))
    assert status == 1
    assert out.startswith("fail  cluster    Nobody answers at 127.0.0.1:1")
    assert out.splitlines()[1].strip().startswith("Start it with `ray start --head`")
    assert out.splitlines()[-1].endswith("failures 1")


def test_a_tracking_server_that_is_away_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = "http://127.0.0.1:1"
    status, out = examined(capsys, "--storage", str(tmp_path), "--tracking-uri", uri)
    assert status == 0
    assert "warn  tracking   MLflow does not answer (http://127.0.0.1:1)" in out
    assert "its records wait in the storage" in out


def test_a_database_that_does_not_answer_is_in_the_place_of_the_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = "postgresql://ann:hush@127.0.0.1:1/ledgers"
    status, out = examined(capsys, "--storage", str(tmp_path), "--ledger", uri)
    assert status == 1
    [line] = [line for line in out.splitlines() if " ledger " in line]
    assert line.startswith("fail  ledger     the database of the ledger, postgresql://ann@127.0.")
    assert "hush" not in out
