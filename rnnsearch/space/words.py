"""Values as texts: for a person, and for Optuna's storage."""

from __future__ import annotations

import json
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
