"""MLflow's own tracking server for a test, on loopback, over a database file that can be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from contracts.postgres import free_port

SECONDS = 300.0
"""How long a busy machine may take to start it."""


@dataclass(frozen=True)
class TrackingServer:
    """A server that runs.

    Attributes:
        database: Its SQLite file.
        group: Its processes.
    """

    uri: str
    database: Path
    group: int

    def freeze(self) -> None:
        """It answers nothing, and writes nothing."""
        os.killpg(self.group, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.group, signal.SIGCONT)


@contextmanager
def tracking_server(folder: Path) -> Iterator[TrackingServer]:
    """A server with its files in a folder, ended afterwards whatever has happened."""
    folder.mkdir(exist_ok=True)
    uri, database = f"http://127.0.0.1:{free_port()}", folder / "records.db"
    words = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    words += ["--port", uri.rpartition(":")[2], "--backend-store-uri", f"sqlite:///{database}"]
    words += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    try:
        _await(f"{uri}/health", folder / "log")
        yield TrackingServer(uri, database, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(address: str, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            with urlopen(address, timeout=1.0):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])
