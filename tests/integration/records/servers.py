"""MLflow behind its login, as a real server for a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from contracts.postgres import PASSWORD, USER, free_port
from record_store import WAIT_SECONDS, wait_until

NEEDED = ("flask-wtf", "wtforms")
"""What MLflow's login needs beside MLflow, which people get by `pip install 'mlflow[auth]'`."""


@dataclass
class LoggedInMlflow:
    """MLflow's server with its basic login, over an SQLite file."""

    root: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path:
        return self.root / "mlflow.db"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make(self) -> None:
        more = self.root / "more"
        words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(more)]
        done = subprocess.run([*words, *NEEDED], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"what MLflow's login needs cannot be installed: {done.stderr[-200:]}")
        (self.root / "auth.ini").write_text(
            "[mlflow]\ndefault_permission = READ\n"
            f"database_uri = sqlite:///{self.root / 'auth.db'}\n"
            f"admin_username = {USER}\nadmin_password = {PASSWORD}\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        self.start()

    def start(self) -> None:
        words = [sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth"]
        words += ["--backend-store-uri", f"sqlite:///{self.database}", "--workers", "1"]
        words += ["--host", "127.0.0.1", "--port", str(self.port)]
        words += ["--artifacts-destination", str(self.root / "served")]
        path = os.pathsep.join([str(self.root / "more"), os.environ.get("PYTHONPATH", "")])
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "MLFLOW_AUTH_CONFIG_PATH": str(self.root / "auth.ini"),
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of this test",
        }
        with (self.root / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.root,
                env=environment,
            )
        wait_until(self._answers, WAIT_SECONDS)

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self.process = None

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.root / "server.log").read_text()[-2000:]
        try:
            urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
        except OSError:
            return False
        return True


@contextmanager
def running(server: LoggedInMlflow) -> Iterator[None]:
    """Make a server, and end it afterwards whatever has happened."""
    try:
        server.make()
        yield
    finally:
        if server.process is not None:
            server.kill()
