"""The Jobs server at the seam of Ray's client: what it tells, and what it refuses."""

from __future__ import annotations

import pytest
from contracts.fake_jobs import FakeClient, server
from ray.exceptions import AuthenticationError

from rnnsearch.errors import ClusterError, InputError
from rnnsearch.search.submission.server import JobsServer, jobs_address


def test_an_address_that_was_typed_comes_first() -> None:
    environment = {"RAY_ADDRESS": "http://b:8265", "RAY_API_SERVER_ADDRESS": "http://a:8265/"}
    assert jobs_address("https://head", environment) == "https://head"
    assert jobs_address(None, environment) == "http://a:8265"
    assert jobs_address(None, {}) == "http://127.0.0.1:8265"


@pytest.mark.parametrize(
    ("given", "like"),
    [
        ("head:6379", "--address http://head:8265"),
        ("ray://head:10001", "--address http://head:8265"),
        ("auto", "--address http://127.0.0.1:8265"),
    ],
)
def test_another_kind_of_address_is_refused_with_the_right_one(given: str, like: str) -> None:
    for address, environment in ((given, {}), (None, {"RAY_ADDRESS": given})):
        with pytest.raises(InputError) as refused:
            jobs_address(address, environment)
        assert str(refused.value).endswith(like)


def test_nobody_there() -> None:
    with pytest.raises(ClusterError) as refused:
        JobsServer("http://127.0.0.1:1")
    assert "no Jobs server answers at http://127.0.0.1:1" in str(refused.value)
    assert "ssh -N -L 8265:127.0.0.1:8265 HEAD" in str(refused.value)


def test_a_token_that_is_refused() -> None:
    def refuse(address: str) -> tuple[FakeClient, str]:
        raise AuthenticationError("Authentication failed: Forbidden")

    with pytest.raises(ClusterError, match="token is missing or wrong") as refused:
        JobsServer("http://head:8265", refuse)
    assert "RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH" in str(refused.value)


def test_another_ray_is_refused_with_what_installs_ours() -> None:
    with pytest.raises(ClusterError, match=r"Ray 2\.9\.3 runs at http://head:8265") as refused:
        JobsServer("http://head:8265", lambda address: (FakeClient(), "2.9.3"))
    assert 'pip install "ray[default,tune]==2.60' in str(refused.value)


def test_a_job_is_found_by_its_id_and_by_its_study() -> None:
    client = FakeClient()
    client.add("sine-1", "FAILED", metadata={"study": "sine", "storage": "/s"})
    client.add("sine-2", metadata={"study": "sine", "storage": "/s"})
    client.add("foreign", metadata=None)
    jobs = server(client)
    assert jobs.find("sine").id == "sine-2"
    assert jobs.find("sine-1").state == "FAILED"
    assert jobs.find("foreign").study == ""
    with pytest.raises(InputError, match=r"sine-2 \(study sine\), sine-1 \(study sine\)"):
        jobs.find("load")


@pytest.mark.parametrize("arrives", [True, False])
def test_a_job_whose_answer_was_lost_is_sent_and_one_that_never_came_is_not(arrives: bool) -> None:
    class Losing(FakeClient):
        def submit_job(self, **request: object) -> str:
            if arrives:
                super().submit_job(**request)
            raise ConnectionError("reset by peer")

    client = Losing()
    jobs = server(client)
    if arrives:
        assert jobs.submit("sine-1", "python job.py", {}, {"study": "sine"}).study == "sine"
        assert len(client.jobs) == 1
    else:
        with pytest.raises(ClusterError, match="reset by peer"):
            jobs.submit("sine-1", "python job.py", {}, {"study": "sine"})


def test_a_job_whose_id_another_one_has_is_refused() -> None:
    class Taken(FakeClient):
        def submit_job(self, **request: object) -> str:
            raise RuntimeError("Request failed with status code 500: sine-1 already exists")

    client = Taken()
    client.add("sine-1")
    with pytest.raises(ClusterError, match="sine-1 already exists"):
        server(client).submit("sine-1", "python job.py", {}, {"study": "sine"})


@pytest.mark.parametrize(
    ("state", "code", "status"),
    [
        ("RUNNING", None, 0),
        ("SUCCEEDED", 0, 0),
        ("FAILED", 2, 2),
        ("FAILED", None, 1),
        ("FAILED", -9, 137),
        ("STOPPED", None, 143),
        ("STOPPED", 143, 143),
    ],
)
def test_the_exit_status_of_a_job(state: str, code: int | None, status: int) -> None:
    client = FakeClient()
    client.add("one", state, driver_exit_code=code)
    assert server(client).job("one").status == status
