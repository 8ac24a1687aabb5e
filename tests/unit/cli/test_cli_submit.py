"""`submit` and `job` on the screen, with a Jobs server on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.fake_jobs import RAY_VERSION, FakeClient

from rnnsearch.cli.app import main
from rnnsearch.search.submission import following
from rnnsearch.search.submission import server as jobs
from rnnsearch.study import submitting

ROOT = Path(__file__).parents[3]
FILE = str(ROOT / "search_spaces" / "hello.yaml")
AT = ["--address", "http://head:8265"]
SHARED = ["--storage", "/shared/studies"]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    client = FakeClient()
    monkeypatch.setattr(jobs, "_ray_client", lambda address: (client, RAY_VERSION))
    monkeypatch.setattr(submitting, "_lay_package", lambda folder: None)
    return client


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return (ended.value.code, *capsys.readouterr())


def test_a_study_is_sent_and_followed_to_its_end(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    def end() -> None:
        client.jobs[0].status = "SUCCEEDED"

    client.logs = [["searching\n", end]]
    status, out, err = ran(
        capsys, "submit", FILE, *AT, *SHARED, "--trials", "3", "-q", "--set", "search.seed=1"
    )
    assert status == 0, err
    job = client.jobs[0].submission_id
    assert out.splitlines() == [
        f"job {job} at http://head:8265; study hello in /shared/studies",
        "searching",
    ]
    assert err == f"job {job}: succeeded\n"
    [request] = client.sent
    assert request["entrypoint"] == (
        "python deploy/job.py submitted run space.yaml --name hello --storage /shared/studies "
        "--trials 3 --quiet --set search.seed=1"
    )
    assert request["metadata"]["storage"] == "/shared/studies"


def test_the_status_of_the_study_is_that_of_the_command(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        vars(client.jobs[0]).update(status="FAILED", driver_exit_code=1, message="exit code 1")

    client.logs = [["error: no\n", fail]]
    status, _, err = ran(capsys, "submit", FILE, *AT, *SHARED)
    assert status == 1
    resume = "rnnsearch job resume hello --storage /shared/studies --address http://head:8265"
    assert err.splitlines()[-1] == f"  {resume}"


def test_a_lost_log_is_no_failure_of_the_job(
    client: FakeClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.add("hello-1", metadata={"study": "hello", "storage": "/s"})
    client.logs = [["searching\n", RuntimeError("closed unexpectedly")], [OSError("refused")]]
    monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.0)
    status, out, err = ran(capsys, "job", "logs", "hello", *AT)
    assert (status, out) == (3, "searching\n")
    assert "closed unexpectedly; the log is asked for again" in err
    assert err.endswith(
        "The job does not depend on this connection. Follow it again:\n"
        "  rnnsearch job logs hello-1 --address http://head:8265\n"
        "Where the head itself is gone, go on once there is another:\n"
        "  rnnsearch job resume hello --storage /s --address http://head:8265\n"
    )
    assert client.jobs[0].status == "RUNNING"


def test_a_head_that_was_started_anew_has_forgotten_the_job(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.add("hello-1", metadata={"study": "hello", "storage": "/s"})
    client.logs = [["searching\n", client.jobs.clear, RuntimeError("closed unexpectedly")]]
    status, _, err = ran(capsys, "job", "logs", "hello", *AT)
    assert status == 1
    assert "was started anew and has forgotten the job" in err
    assert err.endswith("job resume hello --storage /s --address http://head:8265\n")


def test_ctrl_c_ends_the_following_alone(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    client.add("hello-1", metadata={"study": "hello", "storage": "/s"})
    client.logs = [["searching\n", interrupt]]
    status, _, err = ran(capsys, "job", "logs", "hello", *AT)
    assert status == 130
    assert "the following ended; the job goes on" in err
    assert client.stopped == []


def test_status_stop_and_resume(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.add("hello-1", metadata={"study": "hello", "storage": "/s"})
    status, out, _ = ran(capsys, "job", "status", "hello", *AT)
    assert status == 0
    assert out.startswith("hello-1: running, sent 1970-01-01")
    assert "  rnnsearch job stop hello-1 --address http://head:8265\n" in out
    status, _, err = ran(capsys, "job", "resume", "hello", *AT)
    assert (status, "runs as the job hello-1" in err) == (2, True)
    status, out, _ = ran(capsys, "job", "stop", "hello", *AT)
    assert status == 0
    assert out.splitlines()[-1] == (
        "  rnnsearch job resume hello --storage /s --address http://head:8265"
    )
    status, out, _ = ran(capsys, "job", "status", "hello", *AT)
    assert status == 1
    status, out, _ = ran(capsys, "job", "resume", "hello", "--no-wait", "--time-budget", "5m", *AT)
    assert status == 0
    assert client.sent[0]["entrypoint"] == (
        "python deploy/job.py submitted resume hello --storage /s --time-budget 5m"
    )
    status, out, _ = ran(capsys, "job", "list", *AT)
    assert [line.split("\t")[1] for line in out.splitlines()] == ["RUNNING", "STOPPED"]


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        (["--notify-url", "https://hooks.example/abc"], "RNNSEARCH_NOTIFY_URL"),
        (["--ledger", "postgresql://me:hush@db/ledgers"], "RNNSEARCH_LEDGER"),
        (["--tracking-uri", "postgresql://me:hush@db/mlflow"], "MLFLOW_TRACKING_URI"),
    ],
)
def test_no_secret_goes_into_a_command_line_that_the_dashboard_shows(
    client: FakeClient, capsys: pytest.CaptureFixture[str], words: list[str], variable: str
) -> None:
    status, _, err = ran(capsys, "submit", FILE, *AT, *SHARED, *words)
    assert status == 2
    assert f"Set the variable {variable} where Ray is started on the head." in err
    assert client.sent == []


def test_the_doctor_looks_as_a_job(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    def end() -> None:
        vars(client.jobs[0]).update(status="FAILED", driver_exit_code=1)

    noise = "INFO job_manager.py:581 -- Runtime env is setting up.\n"
    client.logs = [[noise, "ok    cluster    a:1\nfail  gpus  ", "none\n      remedy\n", end]]
    status, out, _ = ran(capsys, "doctor", *AT, *SHARED, "--ledger", "postgresql://db/ledgers")
    assert (status, out) == (1, "ok    cluster    a:1\nfail  gpus  none\n      remedy\n")
    assert client.sent[0]["entrypoint"] == (
        "python deploy/job.py doctor --storage /shared/studies --ledger postgresql://db/ledgers"
    )
    client.logs = [[noise, '{"ok": false}\n', end]]
    client.jobs.clear()
    assert ran(capsys, "doctor", *AT, *SHARED, "--json")[:2] == (1, '{"ok": false}\n')
    assert ran(capsys, "job", "list", *AT)[1] == ""  # it is no study


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
def test_a_doctor_that_could_not_start_says_why(
    client: FakeClient, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    def fail() -> None:
        vars(client.jobs[0]).update(status="FAILED", message="runtime_env setup failed: pip")

    client.logs = [["INFO -- Runtime env is setting up.\n", fail]]
    status, out, err = ran(capsys, "doctor", *AT, *SHARED, *words)
    assert (status, out) == (1, "")
    assert err.endswith("\nruntime_env setup failed: pip\n")


def test_a_study_that_was_sent_is_told_of_though_the_server_is_away_since(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.away = True
    status, out, err = ran(capsys, "submit", FILE, *AT, *SHARED, "--no-wait")
    assert (status, err) == (0, "")
    assert f"rnnsearch job logs {client.jobs[0].submission_id}" in out


def test_a_server_that_goes_away_after_the_end_takes_nothing_back(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = client.get_job_info

    def once(job_id: str) -> object:
        job, client.away = asked(job_id), True
        return job

    def end() -> None:
        client.jobs[0].status = "SUCCEEDED"

    client.logs = [["searching\n", end]]
    client.get_job_info = once  # type: ignore[method-assign]
    status, _, err = ran(capsys, "submit", FILE, *AT, *SHARED)
    assert (status, err) == (0, f"job {client.jobs[0].submission_id}: succeeded\n")


def test_a_relative_storage_is_refused(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = ran(capsys, "submit", FILE, *AT)
    assert status == 2
    assert "studies is no absolute path" in err
    assert client.sent == []
