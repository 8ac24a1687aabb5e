"""Shows a study's ledger in optuna-dashboard, while its search goes on, and lets nothing change it.

`optuna-dashboard ledger.journal` shows it too, for the file is a journal of Optuna's. But what is
typed there, such as a note, is appended to the file without the number and the checksum that our
records have, and the next driver would take that for damage.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from rnnsearch.errors import InputError, LedgerError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.store import store_of

READ_ONLY = "rnnsearch shows its ledger here, and nothing in it can be changed by hand"
INSTALL = "pip install 'rnnsearch[dashboard]'"

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""


class FollowedJournal(BaseJournalBackend):
    """The whole records of a journal file, as a driver appends them; takes none itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read = self._size = 0
        """How many records were read, and the bytes that they take."""

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The records from that number on; a half-written one at the end comes another time."""
        with self._lock, self._path.open("rb") as file:
            number, size = (self._read, self._size) if log_number_from >= self._read else (0, 0)
            file.seek(size)
            records = []
            for line in file:
                if not line.endswith(b"\n"):
                    break
                if number >= log_number_from:
                    records.append(json.loads(line))
                number += 1
                size += len(line)
            self._read, self._size = number, size
        return iter(records)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse.

        Raises:
            LedgerError: Always.
        """
        raise LedgerError(f"{self._path}: {READ_ONLY}.")


def dashboard(directory: StudyDirectory) -> App:
    """The web application that shows a study's ledger.

    Raises:
        InputError: optuna-dashboard is not installed.
        StudyNotFoundError: The study has no ledger yet.
        DamagedLedgerError: The ledger holds something else than what was written.
    """
    try:
        from optuna_dashboard import wsgi
    except ModuleNotFoundError as error:
        raise InputError(f"--optuna needs optuna-dashboard. Install it: {INSTALL}") from error
    store_of(directory, read_only=True)  # which finds damage, and says what mends it
    return _unchanging(wsgi(JournalStorage(FollowedJournal(directory.ledger))))


def _unchanging(app: App) -> App:
    """An application that answers what asks for a change with 403, and the reason."""

    def refuse_changes(
        environment: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environment["REQUEST_METHOD"] in ("GET", "HEAD"):
            return app(environment, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [json.dumps({"reason": READ_ONLY}).encode()]

    return refuse_changes


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *words: Any) -> None:
        """Print nothing about each request."""


def server(app: App, host: str, port: int) -> WSGIServer:
    """A server that listens; `serve_forever` answers until the process ends."""
    return make_server(host, port, app, server_class=_Threading, handler_class=_Quiet)
