"""A real command and a real server on loopback that are told, and no secret in what is said."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import rnnsearch
from rnnsearch.cli.app import main
from rnnsearch.errors import InputError
from rnnsearch.study.alerts.asked import OCCASIONS, Alerts, asked_alerts
from rnnsearch.study.alerts.ways import CommandWay, UndeliveredError, UrlWay, ways_of

ALERT: dict[str, Any] = {"event": "end", "study": "wave", "text": "wave: complete; 'ü' $HOME"}


class Server(HTTPServer):
    """Answers with `status`, and keeps what came."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[str, dict[str, str], Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *words: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def way_to(server: Server, login: str = "") -> UrlWay:
    return UrlWay(
        Alerts(url=f"http://{login}127.0.0.1:{server.server_port}/hook/sesame5?key=sesame6")
    )


def test_a_command_gets_the_alert(tmp_path: Path) -> None:
    out = tmp_path / "out of it"
    CommandWay(
        f'(cat; echo "$RNNSEARCH_EVENT|$RNNSEARCH_STUDY|$RNNSEARCH_TEXT") > "{out}"'
    ).deliver(ALERT)
    first, second = out.read_text().splitlines()
    assert json.loads(first) == ALERT
    assert second == "end|wave|wave: complete; 'ü' $HOME"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("exit 3", "ended with 3"),
        ("none-such-thing sesame5", "ended with 127"),
        ("sleep 60 & sleep 60 # sesame5", "took longer than 0.2 s, and was ended"),
    ],
)
def test_a_command_that_fails_or_hangs_is_told_without_its_text(command: str, words: str) -> None:
    with pytest.raises(UndeliveredError, match=words) as failed:
        CommandWay(command, seconds=0.2).deliver(ALERT)
    assert not failed.value.again
    assert "sesame5" not in str(failed.value)


def test_a_command_that_does_not_read_is_well(tmp_path: Path) -> None:
    CommandWay("exec <&-; true").deliver({**ALERT, "text": "x" * 300_000})


def test_an_address_is_posted_to(server: Server) -> None:
    way_to(server, "ann:se%20same@").deliver(ALERT)
    ((path, headers, body),) = server.heard
    assert (path, body) == ("/hook/sesame5?key=sesame6", ALERT)
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Basic YW5uOnNlIHNhbWU="
    assert "@" not in headers["Host"]


@pytest.mark.parametrize(
    ("status", "again"), [(302, False), (404, False), (429, True), (500, True)]
)
def test_a_refusal_is_told_without_the_secret(server: Server, status: int, again: bool) -> None:
    server.status = status
    with pytest.raises(UndeliveredError) as failed:
        way_to(server).deliver(ALERT)
    assert str(failed.value) == f"http://127.0.0.1:{server.server_port}/*** answers {status}"
    assert failed.value.again == again
    assert len(server.heard) == 1  # a redirect is not followed


def test_nobody_there_is_told_without_the_secret() -> None:
    way = UrlWay(Alerts(url="http://ann:sesame7@127.0.0.1:9/sesame5"))
    with pytest.raises(UndeliveredError) as failed:
        way.deliver(ALERT)
    assert failed.value.again
    assert "http://127.0.0.1:9/*** cannot be reached (" in str(failed.value)
    assert "sesame" not in str(failed.value)


def test_what_was_asked_for() -> None:
    nothing = asked_alerts(None, None, None, None, {})
    assert not nothing
    assert ways_of(nothing) == []
    both = {"RNNSEARCH_NOTIFY_URL": "https://a.b/x", "RNNSEARCH_NOTIFY_COMMAND": "cat"}
    alerts = asked_alerts(None, None, "stall, end", "2h", both)
    assert alerts == Alerts("cat", "https://a.b/x", ("end", "stall"), 7200.0)
    assert [way.name for way in ways_of(alerts)] == ["the command for alerts", "https://a.b/***"]
    assert asked_alerts("", "", None, None, both) == Alerts(on=OCCASIONS)
    assert asked_alerts("true", "", None, None, both).command == "true"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ((None, None, "end", None), "Add --notify-command CMD or --notify-url URL"),
        ((None, None, None, "10m"), "Add --notify-command CMD or --notify-url URL"),
        (("cat", None, "ends", None), "there is no 'ends'; there is end, best, failure, stall."),
        (("cat", None, ",", None), "it names nothing; there is end, best"),
        (("cat", None, None, "10"), "write a time such as 90s, 10m or 2h"),
        (("cat", None, None, "0m"), "write a time such as 90s, 10m or 2h"),
        ((None, "ftp://sesame5", None, None), "begin with http:// or https://"),
        ((None, "http://[sesame5", None, None), "begin with http:// or https://"),
        ((None, "http://host:sesame5/", None, None), "begin with http:// or https://"),
        ((None, "http://host/se same5", None, None), "begin with http:// or https://"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[Any, ...], remedy: str) -> None:
    with pytest.raises(InputError) as refused:
        asked_alerts(*words, {})
    assert remedy in str(refused.value)
    assert "sesame5" not in str(refused.value)


def test_an_occasion_that_there_is_not_is_refused_in_python_too() -> None:
    assert rnnsearch.Alerts is Alerts
    with pytest.raises(InputError, match="no alert 'ends', but end, best, failure, stall"):
        Alerts(command="cat", on=("ends",))  # type: ignore[arg-type]


def test_a_mistake_is_told_before_a_study_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wave.yaml"
    file.write_text("task: {type: sine}\n")
    with pytest.raises(SystemExit) as ended:
        main(["run", str(file), "--storage", str(tmp_path / "s"), "--notify-on", "end"])
    assert ended.value.code == 2
    assert "RNNSEARCH_NOTIFY_URL" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
