"""Shows a study's ledger in optuna-dashboard, while its search goes on, and lets nothing change it.

`optuna-dashboard ledger.journal` shows it too, for the file is a journal of Optuna's. But what is
typed there, such as a note, is appended to the file without the number and the checksum that our
records have, and the next driver would take that for damage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.storages import JournalStorage

from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.followed import READ_ONLY
from rnnsearch.search.ledger.store import store_of

INSTALL = "pip install 'rnnsearch[dashboard]'"

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""


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
    store = store_of(directory, read_only=True)  # which finds damage, and says what mends it
    return _unchanging(wsgi(JournalStorage(store.live())))


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
