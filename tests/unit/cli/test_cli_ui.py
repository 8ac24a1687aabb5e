"""`rnnsearch ui` up to the moment when MLflow takes over."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from rnnsearch.cli.app import main
from rnnsearch.records.mlflow.ui import ui_command
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.study.live.server import LiveServer


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Two studies with records on a server, and a third whose records are in the storage."""
    for name, uri in (("a", "http://ann:***@host/ml"), ("b", "http://ann:***@host/ml"), ("c", "")):
        study = StudyDirectory(tmp_path, name)
        study.create()
        study.yaml.touch()
        WriterState(tracking_uri=uri or "default", experiment_id=name * 2).save(study.outbox)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["ui", *map(str, words)])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_studies_on_a_server_have_their_pages_there(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:sesame5@host/ml")
    status, out, err = told(capsys, "--storage", storage)
    page = "http://host/ml/#/experiments/{}/runs?workflowType=machine_learning"
    assert out.splitlines() == [f"a: {page.format('aa')}", f"b: {page.format('bb')}"]
    assert status == 0
    assert "not recorded there: c" in err
    assert "sesame5" not in err
    status, out, _ = told(capsys, "b", "--storage", storage)
    assert out.splitlines() == [f"b: {page.format('bb')}"]


@pytest.mark.parametrize("port", ["99999", "0", "-1", "65536", "x"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = told(capsys, "--port", port)
    assert status == 2
    assert "--port" in err


def test_a_taken_port_is_said_with_one_that_is_free(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (storage / "mlflow.db").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = told(capsys, "c", "--storage", storage, "--port", port)
        assert status == 2
        assert f"cannot listen on 127.0.0.1:{port}" in err
        free = int(err.split("--port ")[1].split()[0])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", free))
    status, _, err = told(capsys, "--storage", storage, "--host", "no.such.host.invalid")
    assert status == 2
    assert "--host no.such.host.invalid" in err


def test_the_ledger_is_shown_of_one_study(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = told(capsys, "--optuna", "--storage", storage)
    assert status == 2
    assert f"name it: rnnsearch ui a --optuna --storage {storage}" in err
    status, _, err = told(capsys, "a", "--optuna", "--storage", storage)
    assert status == 2
    assert "has no ledger yet" in err


def test_live_pages_are_shown_where_the_address_says(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def left(server: LiveServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LiveServer, "serve_forever", left)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("--live", "--storage", storage, "--port", port)
    assert told(capsys, *words) == (
        0,
        "",
        f"live reports at http://127.0.0.1:{port}/ (Ctrl-C ends it)\n",
    )
    _, _, err = told(capsys, "a", *words)
    assert f"http://127.0.0.1:{port}/study/a (" in err
    _, _, err = told(capsys, "a", *words, "--host", "0.0.0.0")
    assert re.search(rf"http://localhost:{port}/[\w-]{{22}}/study/a \(", err)
    assert "who has this address may read them" in err


def test_live_pages_are_refused_with_a_remedy(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = told(capsys, "a", "--live", "--storage", storage, "--port", port)
    assert status == 2
    assert "Take another port: rnnsearch ui a --live --port " in err
    assert "There are: a, b, c." in told(capsys, "d", "--live", "--storage", storage)[2]
    assert "--open goes with --live" in told(capsys, "a", "--open", "--storage", storage)[2]
    assert "two pages" in told(capsys, "a", "--live", "--optuna", "--storage", storage)[2]


@pytest.mark.parametrize(("before", "then"), [(None, "true"), ("false", "false")])
def test_mlflow_tells_nobody_unless_a_person_wants_it(
    monkeypatch: pytest.MonkeyPatch, before: str | None, then: str
) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "")  # so that it is put back afterwards
    if before is None:
        monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")
    else:
        monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", before)
    with pytest.raises(SystemExit):
        main(["--version"])
    _, environment = ui_command("sqlite:///x.db", Path(), "127.0.0.1", 5000)
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == then
