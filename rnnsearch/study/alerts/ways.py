"""The ways an alert goes: into a command, and to a web address."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from rnnsearch.study.alerts.asked import COMMAND_VARIABLE, Alerts
from rnnsearch.version import __version__

COMMAND_SECONDS = 30.0
"""A command that takes longer is ended."""
LONGEST_VARIABLE = 1000
"""How many characters of a text stand in the command's environment; the system limits them."""
URL_SECONDS = 10.0
"""How long the other side may take to answer."""


class UndeliveredError(Exception):
    """An alert did not arrive; the text says why, without a secret.

    Attributes:
        again: Whether another try may help.
    """

    def __init__(self, text: str, *, again: bool) -> None:
        super().__init__(text)
        self.again = again


class Way(Protocol):
    """Takes an alert somewhere.

    Attributes:
        name: What people call it, without a secret.
    """

    @property
    def name(self) -> str: ...

    def deliver(self, alert: Mapping[str, Any]) -> None:
        """Take an alert there, within a minute.

        Raises:
            UndeliveredError: It did not arrive.
        """


@dataclass(frozen=True)
class CommandWay:
    """Runs a command of the shell with the alert on its standard input, as one line of JSON.

    The command's text stands in its environment, not in the process list. It is in a session of its
    own, so that Ctrl-C reaches the driver alone, and what it prints is dropped.
    """

    command: str
    seconds: float = COMMAND_SECONDS
    name = "the command for alerts"

    def deliver(self, alert: Mapping[str, Any]) -> None:
        """See `Way`."""
        environment = {
            **os.environ,
            COMMAND_VARIABLE: self.command,
            "RNNSEARCH_EVENT": str(alert["event"]),
            "RNNSEARCH_STUDY": str(alert["study"]),
            "RNNSEARCH_TEXT": str(alert["text"])[:LONGEST_VARIABLE],
        }
        process = subprocess.Popen(
            ["/bin/sh", "-c", f'eval "${COMMAND_VARIABLE}"'],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        try:
            process.communicate(json.dumps(alert).encode() + b"\n", timeout=self.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise UndeliveredError(
                f"{self.name} took longer than {self.seconds:g} s, and was ended", again=False
            ) from None
        if process.returncode:
            raise UndeliveredError(f"{self.name} ended with {process.returncode}", again=False)


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would turn the POST into a GET, and may lead anywhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True)
class UrlWay:
    """Posts the alert as JSON to an address; a login in the address is sent as HTTP's."""

    alerts: Alerts
    seconds: float = URL_SECONDS

    @property
    def name(self) -> str:
        return self.alerts.shown_url

    def deliver(self, alert: Mapping[str, Any]) -> None:
        """See `Way`."""
        request = Request(
            self._without_login(), json.dumps(alert).encode(), self._headers(), method="POST"
        )
        try:
            with build_opener(_NoRedirect).open(request, timeout=self.seconds) as response:
                response.read(1024)
        except HTTPError as error:
            with error:
                again = error.code == 429 or error.code >= 500
                raise UndeliveredError(f"{self.name} answers {error.code}", again=again) from None
        except (OSError, URLError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
            why = str(reason) if reason else type(error).__name__
            raise UndeliveredError(f"{self.name} cannot be reached ({why})", again=True) from None

    def _without_login(self) -> str:
        parts = urlsplit(self.alerts.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": f"rnnsearch/{__version__}"}
        parts = urlsplit(self.alerts.url)
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        return headers


def ways_of(alerts: Alerts) -> list[Way]:
    """The ways that a person asked for."""
    ways: list[Way] = []
    if alerts.command:
        ways.append(CommandWay(alerts.command))
    if alerts.url:
        ways.append(UrlWay(alerts))
    return ways
