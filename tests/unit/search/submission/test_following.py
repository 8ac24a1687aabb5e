"""The log of a job over connections that break: every piece once, and the job is left alone."""

from __future__ import annotations

import pytest
from contracts.fake_jobs import FakeClient, server

from rnnsearch.errors import ClusterError
from rnnsearch.search.submission.following import PATIENCE_SECONDS, RETRY_SECONDS, ended, follow
from rnnsearch.search.submission.server import Job, LostLogError

BROKEN = RuntimeError("WebSocket connection closed unexpectedly with close code 1006")


class Screen:
    def __init__(self, client: FakeClient) -> None:
        self.text = ""
        self.lost: list[str] = []
        self.now = 0.0
        self._server = server(client)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def follow(self) -> Job:
        return follow(
            self._server,
            "one",
            self._write,
            self.lost.append,
            patience=20.0,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def _write(self, text: str) -> None:
        self.text += text


def test_a_broken_connection_is_made_again_and_no_line_comes_twice() -> None:
    client = FakeClient()
    job = client.add("one")

    def end() -> None:
        job.status = "SUCCEEDED"

    client.logs = [["a\nb", "\nc\n", BROKEN], [OSError("refused")], ["a\n", "b\nc\nd\n", end]]
    screen = Screen(client)
    screen.follow()
    assert screen.text == "a\nb\nc\nd\n"
    assert len(screen.lost) == 1
    assert "closed unexpectedly" in screen.lost[0]
    assert client.stopped == []


def test_a_log_that_ends_before_its_job_is_asked_for_again() -> None:
    client = FakeClient()
    job = client.add("one")

    def end() -> None:
        job.status = "FAILED"

    client.logs = [["a\n"], ["a\nb\n", end]]
    screen = Screen(client)
    screen.follow()
    assert screen.text == "a\nb\n"


def test_a_server_that_stays_away_is_given_up_and_the_job_is_not() -> None:
    client = FakeClient()
    client.add("one")
    client.logs = [["a\n", BROKEN], *([OSError("refused")] for _ in range(40))]
    client.away = True
    screen = Screen(client)
    with pytest.raises(LostLogError, match="refused"):
        screen.follow()
    assert 20.0 <= screen.now < 20.0 + 2 * RETRY_SECONDS
    assert client.stopped == []
    assert client.jobs[0].status == "RUNNING"


def test_a_job_that_says_nothing_for_long_is_waited_for() -> None:
    client = FakeClient()
    job = client.add("one", "PENDING")

    def end() -> None:
        job.status = "SUCCEEDED"

    client.logs = [*([BROKEN] for _ in range(40)), ["a\n", end]]
    screen = Screen(client)
    assert screen.follow().status == 0
    assert screen.now > 3 * 20.0
    assert (screen.text, len(screen.lost)) == ("a\n", 1)


def test_the_log_of_an_ended_job_that_nobody_has_any_more_is_given_up() -> None:
    client = FakeClient()
    client.add("one", "FAILED")
    client.logs = [[BROKEN] for _ in range(40)]
    screen = Screen(client)
    with pytest.raises(LostLogError):
        screen.follow()
    assert 20.0 <= screen.now < 20.0 + 2 * RETRY_SECONDS


@pytest.mark.parametrize("seconds", [PATIENCE_SECONDS / 2, PATIENCE_SECONDS * 2])
def test_the_end_of_a_job_is_waited_for_while_its_server_is_away_for_a_while(
    seconds: float,
) -> None:
    client = FakeClient()
    job = client.add("one")
    screen = Screen(client)

    def sleep(step: float) -> None:
        screen.sleep(step)
        client.away = 5.0 <= screen.now < 5.0 + seconds
        if screen.now >= 5.0 + seconds:
            job.status = "STOPPED"

    def wait() -> Job:
        return ended(server(client), "one", clock=lambda: screen.now, sleep=sleep)

    if seconds < PATIENCE_SECONDS:
        assert wait().state == "STOPPED"
    else:
        with pytest.raises(ClusterError, match="no Jobs server answers"):
            wait()
