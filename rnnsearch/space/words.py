"""Values as texts: for a person, and for Optuna's storage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def plain_text(value: Any) -> str:
    """A value as YAML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    return str(list(value)) if isinstance(value, tuple) else str(value)


def label(value: Any) -> Any:
    """A value as Optuna stores it: a list as JSON text, since Optuna takes none; a scalar as is."""
    return json.dumps(list(value)) if isinstance(value, tuple) else value


def short(value: object, digits: int = 4) -> str:
    """A value as a table shows it: a float with a few digits, nothing for None.

    A float that is a whole number below a thousand million is shown whole, not as `1.2e+04`.
    """
    if value is None:
        return ""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e9:
            return str(int(value))
        return f"{value:.{digits}g}"
    return value if isinstance(value, str) else json.dumps(value)


def given_text(value: Any) -> str:
    """A value of a configuration as prose and tables show it: lists and mappings without the signs
    of a programming language."""
    if isinstance(value, tuple | list):
        return ", ".join(map(given_text, value)) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {given_text(one)}" for name, one in value.items()) or "none"
    return short(value) if isinstance(value, float) else plain_text(value)


def short_params(params: Mapping[str, Any]) -> str:
    """Parameters in a line, without the section of their keys: `cell=lstm hidden_size=24`."""
    return " ".join(f"{key.split('.', 1)[-1]}={short(value)}" for key, value in params.items())


def listed(texts: Sequence[str]) -> str:
    """Texts joined by commas; of more than eight, the first five and the last two."""
    shown = [*texts[:5], "...", *texts[-2:]] if len(texts) > 8 else texts
    return ", ".join(shown)


def duration(seconds: float) -> str:
    """Seconds in words: 75 becomes `1m15s`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{secs:02d}s" if minutes else f"{secs}s"
