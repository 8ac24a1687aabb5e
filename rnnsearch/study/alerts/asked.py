"""What a person asked of alerts: whom to tell, and of what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from rnnsearch.errors import InputError

Occasion = Literal["end", "best", "failure", "stall"]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)
URL_VARIABLE = "RNNSEARCH_NOTIFY_URL"
COMMAND_VARIABLE = "RNNSEARCH_NOTIFY_COMMAND"
STALL_SECONDS = 600.0

_DURATION = re.compile(r"([0-9]{1,6})([smh])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is told of what happens in one run of a study; nothing of it is kept with the study.

    Attributes:
        command: A command of the shell, which gets the alert as JSON on its standard input; empty
            for none.
        url: An address to which it is posted; empty for none. All behind its host is taken for
            secret, for a webhook's path is its password.
        on: Of what.
        stall_seconds: After so many seconds without a training step the study counts as stalled.
    """

    command: str = ""
    url: str = ""
    on: tuple[Occasion, ...] = OCCASIONS
    stall_seconds: float = STALL_SECONDS

    def __post_init__(self) -> None:
        """Refuse what could not be told to anybody.

        Raises:
            InputError: The address is none that can be posted to, or there is no such occasion.
        """
        if unknown := [str(one) for one in self.on if one not in OCCASIONS]:
            raise InputError(f"there is no alert {unknown[0]!r}, but {', '.join(OCCASIONS)}.")
        if self.url and not _is_web_address(self.url):
            raise InputError(
                "the address for alerts has to begin with http:// or https:// and name a host, "
                "such as https://hooks.example.com/services/..."
            )

    def __bool__(self) -> bool:
        """Whether anybody is told of anything."""
        return bool((self.command or self.url) and self.on)

    @property
    def shown_url(self) -> str:
        """The address as it may be printed: with its host alone."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}/***"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.port is None or parts.port > 0
    except ValueError:  # a port that is none, or a bracket that is not closed
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and known and plain


def asked_alerts(
    command: str | None,
    url: str | None,
    on: str | None,
    stall: str | None,
    environment: Mapping[str, str],
) -> Alerts:
    """The alerts of a run, from options and from the environment, where a secret is better off.

    Args:
        command: None takes `RNNSEARCH_NOTIFY_COMMAND`; an empty text means none.
        url: None takes `RNNSEARCH_NOTIFY_URL`; an empty text means none.
        on: Names with commas between them; None for all.
        stall: A time such as `10m`; None for ten minutes.

    Raises:
        InputError: One of them makes no sense.
    """
    command = environment.get(COMMAND_VARIABLE, "") if command is None else command
    url = environment.get(URL_VARIABLE, "") if url is None else url
    alerts = Alerts(command.strip(), url.strip(), _occasions(on), _seconds(stall))
    if not alerts and (on is not None or stall is not None):
        raise InputError(
            "--notify-on and --notify-stall say of what to tell, and nothing says whom. Add "
            f"--notify-command CMD or --notify-url URL (or the variable {URL_VARIABLE})."
        )
    return alerts


def _occasions(text: str | None) -> tuple[Occasion, ...]:
    if text is None:
        return OCCASIONS
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in OCCASIONS]
    if unknown or not names:
        which = f"there is no {unknown[0]!r}" if unknown else "it names nothing"
        raise InputError(f"--notify-on {text}: {which}; there is {', '.join(OCCASIONS)}.")
    return tuple(one for one in OCCASIONS if one in names)


def _seconds(text: str | None) -> float:
    if text is None:
        return STALL_SECONDS
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise InputError(f"--notify-stall {text}: write a time such as 90s, 10m or 2h.")
    return int(match[1]) * _SECONDS[match[2]]
