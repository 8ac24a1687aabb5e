"""A password in a tracking URI: nowhere in what a study leaves, prints, or shows to others."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from e2e.command import RNNSEARCH, ROOT, SECONDS, SPACES, environment

SECRETS = ("ses!ame5pw", "ses%21ame5pw", "tok-9f8e7d6c", "Query-Secret-5")
"""A password as it is and as it is quoted, MLflow's own token, a key in a query."""


class Refusing(BaseHTTPRequestHandler):
    """A server that knows nobody."""

    def do_GET(self) -> None:
        self.send_error(401, "who are you")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as refusing:
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        yield refusing.server_port
        refusing.shutdown()


def arguments_of_all(group: int) -> set[bytes]:
    """Command lines of the machine's processes, but for the one that was given the secret."""
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) not in (os.getpid(), group):
            try:
                found.add((process / "cmdline").read_bytes())
            except OSError:
                continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_planted_secret_is_nowhere(tmp_path: Path, server: int, way: str) -> None:
    uri = f"http://ann:ses%21ame5pw@127.0.0.1:{server}/ml?api_key=Query-Secret-5"
    words = ["run", str(SPACES / "hello.yaml"), "--storage", str(tmp_path), "--verbose"]
    words += ["--format", "json", "--trials", "3", "--set", "training.max_epochs=8"]
    known = {**environment(), "MLFLOW_TRACKING_TOKEN": "tok-9f8e7d6c"}
    if way == "option":
        words += ["--tracking-uri", uri]
    else:
        known["MLFLOW_TRACKING_URI"] = uri
    command = [*RNNSEARCH, *words]
    seen: set[bytes] = set()
    ended = threading.Event()
    with subprocess.Popen(
        command, cwd=ROOT, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:

        def look() -> None:
            while not ended.wait(0.3):
                seen.update(arguments_of_all(process.pid))

        looking = threading.Thread(target=look)
        looking.start()
        out, err = process.communicate(timeout=SECONDS)
        ended.set()
        looking.join()
    assert process.returncode == 0, err
    said = out + err
    assert f"records in MLflow: http://ann:***@127.0.0.1:{server}/ml?api_key=***" in said
    assert "records: MLflow refuses the login" in err  # while the study ran
    assert "MLFLOW_TRACKING_USERNAME" in err
    assert "rnnsearch.records.writer" in str(seen)
    left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for secret in SECRETS:
        assert secret not in said
        assert not [line for line in seen if secret.encode() in line]
        assert not [path for path, content in left.items() if secret.encode() in content]
    # Who goes on is told what to give again; who gives it goes on.
    resume = [*RNNSEARCH, "resume", "hello", "--storage", str(tmp_path)]
    again = subprocess.run(
        resume, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert again.returncode == 2
    assert "export MLFLOW_TRACKING_URI=..." in again.stderr


@pytest.mark.slow
def test_loading_from_a_store_with_a_password_does_not_tell_it(server: int) -> None:
    uri = f"http://ann:ses%21ame5pw@127.0.0.1:{server}"
    done = subprocess.run(
        [*RNNSEARCH, "rollout", "models:/sine@champion", "--steps", "3"],
        cwd=ROOT,
        env={**environment(), "MLFLOW_TRACKING_URI": uri},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot load models:/sine@champion from http://ann:***@" in done.stderr
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
