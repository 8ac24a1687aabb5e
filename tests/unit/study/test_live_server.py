"""The server of live pages: what it answers, to whom, and when it makes a page anew."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import unquote

import pytest
from contracts.driven_study import Driven, driven

from rnnsearch.study.live.pages import SECONDS, LivePage, LivePages
from rnnsearch.study.live.server import LiveServer, is_loopback


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Client:
    server: LiveServer
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answered:
        line = http.client.HTTPConnection(*self.server.server_address[:2], timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, path, headers=named)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return Answered(answer.status, dict(answer.headers), text)


@contextmanager
def served(storage: Path, only: str | None = None, token: str = "") -> Iterator[Client]:
    with LiveServer("127.0.0.1", 0, LivePages(storage, only), token) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield Client(server)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    with driven(tmp_path_factory.mktemp("live")) as driver:
        driver.finish()
        yield driver


@pytest.fixture(scope="module")
def client(driver: Driven) -> Iterator[Client]:
    with served(driver.directory.storage) as client:
        yield client


def test_the_page_comes_once_and_then_304(client: Client) -> None:
    assert '<a href="study/wave">wave</a></th><td>running</td>' in client.ask("/").text
    first = client.ask("/study/wave")
    assert first.status == 200
    assert first.headers["Rnnsearch-Phase"] == "running"
    assert f'data-tag="{escape(first.headers["ETag"])}"' in first.text.replace("&#34;", "&quot;")
    again = client.ask("/study/wave", If_None_Match=first.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert unquote(again.headers["Rnnsearch-Words"]) == "The study runs, and this page follows it."


def test_it_may_ask_its_own_server_alone(client: Client) -> None:
    page = client.ask("/study/wave")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page.text)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'self' ")
    assert policy.endswith("; connect-src 'self'")
    assert re.findall(r'<script src="([^"]+)"', page.text) == ["../plotly.js"]
    assert len(page.text) < 500_000
    script = client.ask("/plotly.js")
    assert script.text.startswith("/**\n* plotly.js v")
    assert "max-age" in script.headers["Cache-Control"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5000", "", "[", "127.0.0.1.evil.example", "@localhost"]
)
def test_a_name_of_another_site_is_refused(client: Client, host: str) -> None:
    for path in ("/", "/study/wave", "/plotly.js"):
        assert client.ask(path, Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8001", "[::1]:5000"])
def test_this_machine_may_ask_through_a_forwarded_port(client: Client, host: str) -> None:
    assert client.ask("/", Host=host).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_only_get_is_answered(client: Client, method: str) -> None:
    answer = client.ask("/study/wave", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "path",
    [
        *("/study/", "/study/none", "/study/..", "/study/../wave", "/study/%2e%2e%2fwave", "/wave"),
        *("/study/wave/ledger.journal", "/study/wave%00", "/study//etc/passwd"),
    ],
)
def test_no_path_leads_to_a_file(client: Client, path: str) -> None:
    assert client.ask(path).status == 404


def test_a_token_stands_before_everything(driver: Driven) -> None:
    with served(driver.directory.storage, token="sesame") as client:
        for path in ("/", "/study/wave", "/plotly.js", "/sesam/", "/sesame2/study/wave"):
            assert client.ask(path).status == 403
        assert client.ask("/sesame/", Host="gpu7:5000").status == 200
        assert client.ask("/sesame/plotly.js").status == 200


def test_one_study_may_be_shown_alone(driver: Driven, tmp_path: Path) -> None:
    with served(driver.directory.storage, only="other") as client:
        assert "There is no study yet" in client.ask("/").text
        assert client.ask("/study/wave").status == 404


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_page_is_made_anew_when_it_is_its_turn_and_something_changed(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        driver.finish()
        clock = Clock()
        page = LivePage(driver.directory, clock)
        first = page.current()
        clock.now += 10 * SECONDS
        assert page.current().html is first.html  # nothing has changed
        driver.finish()
        second = page.current()
        assert second.tag != first.tag
        assert b"<dd>2<small>2 ended" in second.html
        driver.finish()
        clock.now += SECONDS / 2
        assert page.current() == second  # its turn has not come
        driver.end()
        clock.now += SECONDS
        last = page.current()
    assert b"<dd>3<small>3 ended" in last.html
    assert (last.sight.phase, second.sight.phase) == ("over", "running")
    assert b'data-phase="over"' in last.html
    assert b"wave has ended, complete. This page asks for nothing more." in last.html


def test_a_driver_that_died_is_told_with_the_remedy(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        driver.start(0.5)
        driver.die()
        html = LivePage(driver.directory).current().html.decode()
    assert 'data-phase="died"' in html
    assert f"rnnsearch resume wave --storage {tmp_path}" in html


def test_a_page_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        driver.finish()
        driver.ledger.close()
        lines = driver.directory.ledger.read_bytes().splitlines(keepends=True)
        lines[1] = b'{"record": 1}\n'
        driver.directory.ledger.write_bytes(b"".join(lines))
        with served(tmp_path) as client:
            answer = client.ask("/study/wave")
    assert answer.status == 503
    assert "is damaged" in answer.text


@pytest.mark.parametrize(
    ("host", "alone"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("", False)]
)
def test_what_is_loopback(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone
