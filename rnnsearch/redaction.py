"""Tracking URIs and texts without their secrets: a password, a token, a key in a query.

A store's address may hold a login, and MLflow, SQLAlchemy and requests put the address into what
they say. Whatever is printed or kept goes through here; a user's name may stay.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import IO, Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "***"
LOGIN_VARIABLES = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
"""Where MLflow itself looks for the login of a server."""
SHORTEST = 4
"""A shorter secret is hidden only where it stands in an address: it would make texts of holes."""

# A file's path may hold an `@`; elsewhere all before the last one is taken for a login, since a
# password that nobody quoted may hold anything.
_BEFORE_QUERY = re.compile(
    r"^(?P<scheme>(?!sqlite)[A-Za-z][A-Za-z0-9+.-]*:/+)(?P<login>.*@)?(?P<rest>[^@]*)$", re.DOTALL
)
_SECRET_KEY = re.compile(
    r"pass|pwd|secret|token|credential|api_?key|access_?key|auth|signature|^sig$|odbc_connect",
    re.IGNORECASE,
)
_LOGIN_IN_TEXT = re.compile(r"(?P<start>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'\"]*):[^\s/@'\"]+@")


class _Parts(NamedTuple):
    """A tracking URI, cut where its secrets may be; the five parts joined are the URI.

    Attributes:
        scheme: With the slashes behind it.
        login: `user:password@`, or empty.
        mark: `?` where a query follows; `query` holds its pairs.
    """

    scheme: str
    login: str
    place: str
    mark: str
    query: str


def _parts(uri: str) -> _Parts:
    before, mark, query = uri.partition("?")
    if "@" in query and "@" not in before and not uri.startswith("sqlite"):
        # A `?` before the last `@` belongs to a login that nobody quoted.
        login, at, rest = uri.rpartition("@")
        place, mark, query = rest.partition("?")
        before = login + at + place
    match = _BEFORE_QUERY.match(before)
    if match is None:
        return _Parts("", "", before, mark, query)
    return _Parts(match["scheme"], match["login"] or "", match["rest"], mark, query)


def redacted(uri: str) -> str:
    """A tracking URI as it may be printed and kept: `http://user:***@host/path?token=***`."""
    parts = _parts(uri)
    login = _hidden_login(parts.login, parts.scheme) if parts.login else ""
    query = "&".join(_hidden_pair(pair) for pair in parts.query.split("&"))
    return parts.scheme + login + parts.place + parts.mark + query


def _hidden_login(login: str, scheme: str) -> str:
    name, colon, _ = login.removesuffix("@").partition(":")
    if colon:
        return f"{name}:{HIDDEN}@"
    # A web server takes a token in a name's place; a database's user has a password elsewhere.
    return f"{HIDDEN}@" if scheme.lower().startswith("http") else login


def _hidden_pair(pair: str) -> str:
    key, mark, value = pair.partition("=")
    return f"{key}={HIDDEN}" if mark and value and _SECRET_KEY.search(unquote_plus(key)) else pair


def has_secret(uri: str) -> bool:
    """Whether an address must not be printed as it is."""
    return redacted(uri) != uri


def is_redacted(uri: str) -> bool:
    """Whether an address lacks what was hidden of it."""
    return bool(re.search(rf"(?:[:/]{re.escape(HIDDEN)}@|={re.escape(HIDDEN)}(?:&|$))", uri))


def redactor(uri: str, environment: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """What takes the secrets of an address, and those of MLflow's login variables, out of texts."""
    known = os.environ if environment is None else environment
    parts = _parts(uri)
    secrets = _secrets(parts) + [known[name] for name in LOGIN_VARIABLES if known.get(name)]
    forms: set[str] = set()
    for secret in secrets:
        plain = unquote(secret)
        forms |= {secret, plain, quote(plain), quote(plain, safe=""), quote_plus(plain)}
        forms |= {repr(secret)[1:-1], repr(plain)[1:-1]}
    if login := parts.login.removesuffix("@"):
        forms.add(base64.b64encode(unquote(login).encode()).decode("ascii"))
    # The longest first: a short form may be a part of a longer one.
    words = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)

    def redact(text: str) -> str:
        if has_secret(uri):
            text = text.replace(uri, redacted(uri))
        for word in words:
            text = text.replace(word, HIDDEN)
        return _LOGIN_IN_TEXT.sub(rf"\g<start>:{HIDDEN}@", text)

    return redact


def _secrets(parts: _Parts) -> list[str]:
    """The passwords, tokens and keys of an address, as they are spelt there."""
    name, colon, password = parts.login.removesuffix("@").partition(":")
    secrets = [password if colon else name if parts.scheme.lower().startswith("http") else ""]
    secrets += [
        pair.partition("=")[2] for pair in parts.query.split("&") if _hidden_pair(pair) != pair
    ]
    return [secret for secret in secrets if secret and secret != HIDDEN]


class RedactedStream:
    """A text stream that hides secrets in whatever is written to it: logs, warnings, tracebacks."""

    def __init__(self, stream: IO[str], redact: Callable[[str], str]) -> None:
        self._stream = stream
        self._redact = redact

    def write(self, text: str) -> int:
        self._stream.write(self._redact(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
