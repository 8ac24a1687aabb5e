"""Real servers for a test: PostgreSQL in a folder of its own, and MLflow behind its login."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from record_store import WAIT_SECONDS, wait_until

USER, PASSWORD = "ann", "Sesame-5-opens-it"
PATIENCE = "300"
"""Seconds that a busy machine may take to start or stop PostgreSQL."""
NEEDED = ("flask-wtf", "wtforms")
"""What MLflow's login needs beside MLflow, which people get by `pip install 'mlflow[auth]'`."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def programs() -> Path:
    """The newest PostgreSQL's programs; the test is skipped where there are none."""
    pytest.importorskip("psycopg2", reason="no driver of PostgreSQL (psycopg2-binary)")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if folders:
        return folders[-1].parent
    if there := shutil.which("initdb"):
        return Path(there).parent
    pytest.skip("no PostgreSQL on this machine (apt install postgresql)")


@dataclass
class Postgres:
    """A PostgreSQL on loopback, as a user who is not root, whose database wants a password."""

    folder: Path
    bin: Path = field(default_factory=programs)
    port: int = field(default_factory=free_port)

    @property
    def uri(self) -> str:
        return f"postgresql+psycopg2://{USER}:{PASSWORD}@127.0.0.1:{self.port}/records"

    def make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if os.getuid() == 0:
            for path in (self.folder, secret):
                shutil.chown(path, "postgres")
        self._call("initdb", "-D", "data", "-U", USER, "-A", "scram-sha-256", "--pwfile=password")
        self.start()
        self._call("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "records")

    def start(self) -> None:
        how = f"-p {self.port} -h 127.0.0.1 -k {self.folder}"
        self._call("pg_ctl", "-D", "data", "-w", "-t", PATIENCE, "-l", "log", "-o", how, "start")

    def kill(self) -> None:
        """As a power cut would: no connection is closed, no page is written."""
        self._call("pg_ctl", "-D", "data", "-m", "immediate", "-t", PATIENCE, "stop")

    def fresh(self, database: str) -> str:
        """The address of another, empty database."""
        self._call("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, database)
        return self.uri.replace("/records", f"/{database}")

    def rows(self, sql: str, database: str = "records") -> list[tuple[object, ...]]:
        import psycopg2

        address = self.uri.replace("+psycopg2", "").replace("/records", f"/{database}")
        connection = psycopg2.connect(address)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _call(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *words],
            cwd=self.folder,
            env={**os.environ, "PGPASSWORD": PASSWORD},
            user="postgres" if os.getuid() == 0 else None,
            # The server inherits what is open, and a pipe would keep this waiting for its end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{program} {' '.join(words)}"


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
def running(server: Postgres | LoggedInMlflow) -> Iterator[None]:
    """Make a server, and end it afterwards whatever has happened."""
    try:
        server.make()
        yield
    finally:
        if isinstance(server, Postgres):
            if (server.folder / "data" / "postmaster.pid").exists():
                server.kill()
        elif server.process is not None:
            server.kill()
