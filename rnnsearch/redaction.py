"""Hide secrets in tracking URIs and in texts: a password, a token, a key in a query.

The address of a store may hold a login, and MLflow, SQLAlchemy and requests repeat the address in
their messages. Whatever is printed or kept goes through here; the name of a user may stay.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import IO, Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "***"
LOGIN_VARIABLES = (
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "PGPASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""Where MLflow itself, and the clients of PostgreSQL and S3, look for the login of a server."""
SHORTEST = 4
"""A shorter secret is hidden in addresses alone: ordinary words in a text would contain it."""

# The path of an SQLite file may hold an `@`. In any other address all before the last `@` is taken
# for a login, since a password that was not quoted may hold any character.
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
    """Cut an address; one without slashes behind its scheme has no login."""
    before, mark, query = uri.partition("?")
    if "@" in query and "@" not in before and not uri.startswith("sqlite"):
        # This `?` belongs to a password that was not quoted.
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
    """A login as it may be printed: `user:***@`, or `***@` for a token."""
    name, colon, _ = login.removesuffix("@").partition(":")
    if colon:
        return f"{name}:{HIDDEN}@"
    # A web server takes a token in the place of a name; the name of a database's user is no secret.
    return f"{HIDDEN}@" if scheme.lower().startswith("http") else login


def _hidden_pair(pair: str) -> str:
    """`key=value` of a query as it may be printed: with `***` for the value of a secret key."""
    key, mark, value = pair.partition("=")
    return f"{key}={HIDDEN}" if mark and value and _SECRET_KEY.search(unquote_plus(key)) else pair


def without_secrets(uri: str) -> str:
    """An address that leads to the same place and holds no secret; the name of a user stays."""
    parts = _parts(uri)
    name, colon, _ = parts.login.removesuffix("@").partition(":")
    login = f"{name}@" if colon and name else "" if colon else parts.login
    kept = [pair for pair in parts.query.split("&") if _hidden_pair(pair) == pair]
    query = "&".join(kept)
    return parts.scheme + login + parts.place + (parts.mark if query else "") + query


def has_secret(uri: str) -> bool:
    """Whether an address holds a secret, so that it must not be printed as it is."""
    return redacted(uri) != uri


def is_redacted(uri: str) -> bool:
    """Whether a secret of this address was replaced by `***`, so that it leads nowhere."""
    return bool(re.search(rf"(?:[:/]{re.escape(HIDDEN)}@|={re.escape(HIDDEN)}(?:&|$))", uri))


def redactor(uri: str, environment: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """A function that hides the secrets of an address, in every spelling, in a text.

    The logins in environment variables of MLflow, PostgreSQL and S3, and those of other
    addresses in the text, are hidden too.
    """
    variables = os.environ if environment is None else environment
    parts = _parts(uri)
    secrets = _secrets(parts) + [variables[name] for name in LOGIN_VARIABLES if variables.get(name)]
    forms: set[str] = set()
    for secret in secrets:
        plain = unquote(secret)
        forms |= {secret, plain, quote(plain), quote(plain, safe=""), quote_plus(plain)}
        forms |= {repr(secret)[1:-1], repr(plain)[1:-1]}
    if login := parts.login.removesuffix("@"):
        forms.add(base64.b64encode(unquote(login).encode()).decode("ascii"))
    # The longest is replaced first, since a short form may be a part of a longer one.
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
