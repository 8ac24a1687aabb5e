"""Events as lines of JSON, and back.

A line is `{"sequence": 17, "event": "TrialEnded", ...fields}`. Numbers that are not finite are
written as Python's json writes them (`NaN`, `Infinity`) and read back as they were; arrays come
back as tuples, which is what events hold.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any, get_args

from rnnsearch.events import Event, RungsChanged

_CLASSES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
_FIELDS = {name: tuple(fields(kind)) for name, kind in _CLASSES.items()}


class UndecodableLineError(Exception):
    """A line that is torn, or names an event that this version does not know."""


def encode(event: Event, sequence: int) -> bytes:
    """One line, newline included.

    Args:
        sequence: The event's place in the study's history, counting from 1.
    """
    name = type(event).__name__
    row: dict[str, Any] = {"sequence": sequence, "event": name}
    for field in _FIELDS[name]:
        row[field.name] = getattr(event, field.name)
    return json.dumps(row, default=_plain, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> tuple[int, Event]:
    """A line's sequence number and event.

    Fields that this version does not know are left out; missing ones take their defaults.

    Raises:
        UndecodableLineError: The line is no JSON, of an unknown event, or lacks a field.
    """
    try:
        row = json.loads(line)
        name, sequence = row["event"], int(row["sequence"])
        kind = _CLASSES[name]
    except (ValueError, KeyError, TypeError) as error:
        raise UndecodableLineError(f"no event in {line[:80]!r}") from error
    values: dict[str, Any] = {}
    for field in _FIELDS[name]:
        if field.name in row:
            values[field.name] = _tuples(row[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise UndecodableLineError(f"{name} lacks {field.name!r} in {line[:80]!r}")
    if kind is RungsChanged:
        values["rungs"] = {int(epoch): count for epoch, count in values["rungs"].items()}
    event: Event = kind(**values)
    return sequence, event


def _plain(value: Any) -> Any:
    """A numpy number as Python's own; anything else as text, since a record must not fail."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", 0) == 0 else str(value)


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value
