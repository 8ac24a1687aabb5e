"""Serves live pages over HTTP: answers GET alone, to whoever may ask, and writes nothing."""

from __future__ import annotations

import hmac
import ipaddress
import socket
import sys
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

from rnnsearch.errors import RnnsearchError
from rnnsearch.study.live.pages import LivePages, sentence

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which a browser may ask a server that listens on this machine alone. A name of another
site that was made to lead here (DNS rebinding) is none of them."""
PATIENCE = 30.0
"""Seconds after which a client that sends nothing is left."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address to listen on."""
    places = socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(place[4][0]).is_loopback for place in places)


class LiveServer(ThreadingHTTPServer):
    """Listens at once; `serve_forever` answers until the process ends.

    Args:
        token: The first part of every address's path, which only who was told it knows; empty on
            loopback, where the name in the request is looked at instead.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, pages: LivePages, token: str = "") -> None:
        self.pages, self.token = pages, token
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Answer)

    @property
    def base(self) -> str:
        """The path of the page that leads to the others."""
        return f"/{self.token}/" if self.token else "/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that left in the middle; whatever else failed is told."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Answer(BaseHTTPRequestHandler):
    server: LiveServer
    timeout = PATIENCE
    protocol_version = "HTTP/1.1"
    server_version = "rnnsearch"
    sys_version = ""

    def parse_request(self) -> bool:
        """Also refuse what is no GET."""
        if not super().parse_request():
            return False
        if self.command == "GET":
            return True
        self.close_connection = True  # what it sends along is not read
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered.", {"Allow": "GET"})
        return False

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._may_ask(path):
            return
        place = path[len(self.server.base) :]
        kind, _, name = place.partition("/")
        if place == "":
            self._send(HTTPStatus.OK, self.server.pages.index())
        elif place == "plotly.js":
            self._send(HTTPStatus.OK, _plotly(), "text/javascript", {"Cache-Control": KEPT})
        elif kind == "study":
            self._send_page(unquote(name))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _may_ask(self, path: str) -> bool:
        """Whether a request is answered; one that is not has its refusal."""
        if self.server.token:
            given = path.lstrip("/").partition("/")[0]
            if not hmac.compare_digest(given.encode(), self.server.token.encode()):
                self._refuse(HTTPStatus.FORBIDDEN, "The address lacks the token that was printed.")
                return False
            if not path.startswith(self.server.base):
                self._refuse(HTTPStatus.NOT_FOUND, "The address ends with a slash.")
                return False
            return True
        if _without_port(self.headers.get("Host", "")) not in LOCAL:
            self._refuse(HTTPStatus.FORBIDDEN, "Ask for localhost or 127.0.0.1.")
            return False
        return True

    def _send_page(self, name: str) -> None:
        page = self.server.pages.find(name)
        if page is None:
            self._refuse(HTTPStatus.NOT_FOUND, "No such study is shown here.")
            return
        try:
            version = page.current()
        except RnnsearchError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        headers = {
            "ETag": f'"{version.tag}"',
            "Rnnsearch-Phase": version.sight.phase,
            "Rnnsearch-Words": quote(sentence(version.sight)),
        }
        if self.headers.get("If-None-Match", "") == headers["ETag"]:
            self._send(HTTPStatus.NOT_MODIFIED, b"", headers=headers)
        else:
            self._send(HTTPStatus.OK, version.html, headers=headers)

    def _refuse(self, status: HTTPStatus, why: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, f"{why}\n".encode(), "text/plain", headers)

    def _send(
        self,
        status: HTTPStatus,
        body: bytes,
        kind: str = "text/html",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        every = {**HEADERS, "Content-Type": f"{kind}; charset=utf-8", **(headers or {})}
        if status != HTTPStatus.NOT_MODIFIED:
            every["Content-Length"] = str(len(body))
        for name, value in every.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *words: Any) -> None:
        """Print nothing about each request."""


def _without_port(host: str) -> str:
    """The name in a `Host` header."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


KEPT = "private, max-age=86400"
"""plotly's script is loaded once a day."""


@cache
def _plotly() -> bytes:
    from rnnsearch.charts.chart import plotly_script

    return plotly_script().encode()
