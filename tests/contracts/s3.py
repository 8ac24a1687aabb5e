"""A real S3 server for a test: moto's, on loopback, with a key of its own and outages on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contracts.postgres import free_port

KEY, SECRET = "AKIARNNSEARCHTEST", "Sesame-7-opens-the-bucket"
BUCKET = "studies"


def _application() -> Any:
    """moto's application; the test is skipped where there is no moto."""
    server = pytest.importorskip("moto.server", reason="no S3 server (pip install 'moto[s3]')")
    return server.DomainDispatcherApplication(server.create_backend_app)


@dataclass
class S3:
    """An S3 server on loopback, in a thread; what it holds outlives `stop` and `start`.

    Attributes:
        refusing: The HTTP status with which every request is answered; None to serve it.
        read_only: Whether what changes something is refused with 403.
        count: Requests that came, by their method.
    """

    port: int = field(default_factory=free_port)
    refusing: int | None = None
    read_only: bool = False
    count: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._moto = _application()
        self._server: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self) -> None:
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            def log(self, type: str, message: str, *args: object) -> None: ...

        self._server = make_server(
            "127.0.0.1", self.port, self._serve, threaded=True, request_handler=Quiet
        )
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any longer."""
        self._server.shutdown()
        self._server.server_close()
        self._server = None

    def make_bucket(self, name: str = BUCKET) -> None:
        from urllib.request import Request, urlopen

        scope = f"{KEY}/20300101/us-east-1/s3/aws4_request"
        signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
        with urlopen(Request(f"{self.url}/{name}", method="PUT", headers=signed)):
            pass

    def _serve(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.count[method] = self.count.get(method, 0) + 1
        status = self.refusing
        known = KEY in environ.get("HTTP_AUTHORIZATION", "")
        if status is None and (not known or (self.read_only and method not in ("GET", "HEAD"))):
            status = 403
        if status is not None:
            start(f"{status} refused", [("Content-Length", "0")])
            return []
        answer: Iterable[bytes] = self._moto(environ, start)
        return answer


@contextmanager
def served() -> Iterator[S3]:
    """An S3 server with one empty bucket, ended afterwards whatever has happened."""
    server = S3()
    server.start()
    try:
        server.make_bucket()
        yield server
    finally:
        if server._server is not None:
            server.stop()
