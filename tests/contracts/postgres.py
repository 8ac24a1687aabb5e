"""A real PostgreSQL for a test: on loopback, in a folder of its own, behind a password."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

USER, PASSWORD = "ann", "Sesame-5-opens-it"
PATIENCE = "300"
"""Seconds that a busy machine may take to start or stop PostgreSQL."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
        words = ("-D", "data", "-w", "-t", PATIENCE, "-l", "log", "-o", how, "start")
        for _ in range(60):
            # The memory of a server that was killed is free once its last process has ended.
            if self._done("pg_ctl", *words):
                return
            time.sleep(1.0)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """As a power cut would: no connection is closed, no page is written."""
        self._call("pg_ctl", "-D", "data", "-m", "immediate", "-t", PATIENCE, "stop")

    def crash(self) -> None:
        """Kill -9 its first process; the others end as they notice."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + float(PATIENCE)
        while _in_use(self.port):
            assert time.monotonic() < deadline, "a process of PostgreSQL lives on"
            time.sleep(0.1)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A context in which none of its processes runs, and none of its connections closes."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        self._signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(pid, signal.SIGCONT)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """A context in which it refuses to write, as one that another server has replaced."""
        self._set_read_only("on")
        try:
            yield
        finally:
            self._set_read_only("off")

    def _set_read_only(self, value: str) -> None:
        """Change what holds for connections that are open too, once the server has seen it."""
        how = ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", "records")
        change = f"alter system set default_transaction_read_only = {value}"
        self._call("psql", *how, "-c", change, "-c", "select pg_reload_conf()")
        until = time.monotonic() + float(PATIENCE)
        while self.rows("show default_transaction_read_only") != [(value,)]:
            assert time.monotonic() < until, "the server does not read its settings"
            time.sleep(0.1)

    def _signal(self, pid: int, sign: signal.Signals) -> None:
        """Send a signal to its first process, and then to the others."""
        os.kill(pid, sign)
        for child in psutil.Process(pid).children(recursive=True):
            child.send_signal(sign)

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
                rows = list(cursor.fetchall())
            connection.commit()
            return rows
        finally:
            connection.close()

    def _call(self, program: str, *words: str) -> None:
        assert self._done(program, *words), f"{program} {' '.join(words)}"

    def _done(self, program: str, *words: str) -> bool:
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
        return done.returncode == 0


@contextmanager
def served() -> Iterator[Postgres]:
    """A PostgreSQL, ended afterwards whatever has happened.

    Its folder is none of pytest's: those are closed to other users whenever any pytest starts.
    """
    with TemporaryDirectory(prefix="rnnsearch-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder))
        try:
            server.make()
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.kill()
