"""Write events as lines of JSON, and read them again.

A line is `{"sequence": 17, "event": "TrialEnded", ...fields, "crc": "9ae0daaf"}`. The last field is
the CRC-32 of the bytes before it; lines of older versions have none. Numbers that are not finite
are written as Python's json writes them (`NaN`, `Infinity`) and read back as they were; arrays come
back as tuples, which is what events hold.
"""

from __future__ import annotations

import functools
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, get_args

from rnnsearch.events import EpochsReported, Event, with_tuples

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LARGEST = 2**53
"""An exclusive upper bound of sequence numbers, up to which JSON numbers are exact everywhere."""

_TAILS = re.compile(rb',"crc":"[0-9a-f]{8}"}')
_TAIL = re.compile(rb',"crc":"([0-9a-f]{8})"}\n?$')

_CLASSES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


class UndecodableLineError(Exception):
    """A line that is torn, or names an event that this version does not know."""


def encode(event: Event, sequence: int) -> bytes:
    """The line of an event, newline included.

    Args:
        sequence: The event's place in the study's history, counting from 1.
    """
    name = type(event).__name__
    values = {field: getattr(event, field) for field in type(event).__slots__}
    row = {"sequence": sequence, "event": name, **values}
    body = json.dumps(row, default=_plain, separators=(",", ":"))[:-1].encode("ascii")
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def decode(line: bytes) -> tuple[int, Event]:
    """A line's sequence number and event.

    Fields that this version does not know are ignored; missing fields take their defaults.

    Raises:
        UndecodableLineError: The line is no JSON, does not match its checksum, names an unknown
            event, lacks a field, or has a field of a wrong type.
    """
    tail = _TAIL.search(line[-20:])
    if tail and int(tail[1], 16) != zlib.crc32(line[: line.rindex(b',"crc":"')]):
        raise UndecodableLineError(f"the checksum does not match in {line[:80]!r}")
    try:
        row = json.loads(line)
        if ("crc" in row) != bool(tail):
            raise ValueError("a checksum that is no longer at its place")
        name, sequence = row["event"], row["sequence"]
        if name not in _CLASSES or type(sequence) is not int or not 0 < sequence < LARGEST:
            raise ValueError(f"no known event {name!r} with a sequence number: {sequence!r}")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UndecodableLineError(f"no event in {line[:80]!r}") from error
    try:
        event: Event = _reader(name).validate_python(with_tuples(row))
        if isinstance(event, EpochsReported) and len(event.epochs) != len(event.metrics):
            raise ValueError("epochs and metrics differ in number")
    except ValueError as error:
        raise UndecodableLineError(f"{name} makes no sense in {line[:80]!r}: {error}") from error
    return sequence, event


def records_in(line: bytes) -> int:
    """How many records an undecodable line held.

    A line holds two where the newline between them was damaged.
    """
    return max(1, len(_TAILS.findall(line)))


@functools.cache
def _reader(name: str) -> TypeAdapter[Any]:
    """What checks the fields of an event and makes it, by the name of its class."""
    from pydantic import TypeAdapter

    return TypeAdapter(_CLASSES[name])


def _plain(value: Any) -> Any:
    """A numpy number as one of Python's; any other object as text, since writing must not fail."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", 0) == 0 else str(value)
