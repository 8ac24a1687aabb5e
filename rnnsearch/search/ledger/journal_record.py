"""One line of the ledger's journal: what Optuna wrote, its number, and a checksum.

    {"op_code":8,"worker_id":"...","trial_id":3,...,"record":17,"crc":"9ae0daaf"}

The checksum is a CRC-32 of the bytes before it, so whatever changes a record is noticed, and its
number shows what is missing before it. Optuna passes over both keys. Journals of older versions
have neither; new records are appended to them all the same.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

_TAIL = re.compile(rb',"crc":"([0-9a-f]{8})"}\n$')
_START = re.compile(rb'\{"op_code":')
_END = re.compile(rb',"crc":"[0-9a-f]{8}"}')


class DamagedRecordError(Exception):
    """A line that is no whole record."""


def encode(log: Mapping[str, Any], number: int) -> bytes:
    """A line with its newline; `number` counts the journal's records from 0."""
    body = json.dumps({**log, "record": number}, separators=(",", ":"))[:-1].encode()
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def decode(line: bytes, number: int, *, checked: bool) -> dict[str, Any]:
    """The record of a line.

    Args:
        number: Which record it must be.
        checked: Whether it must have a checksum, because one before it has.

    Raises:
        DamagedRecordError: It is cut off, was changed, or is another record.
    """
    log = decode_any(line)
    if "record" not in log and checked:
        raise DamagedRecordError("it has no checksum")
    if log.get("record", number) != number:
        raise DamagedRecordError(f"it is record {log['record'] + 1}")
    return log


def decode_any(line: bytes) -> dict[str, Any]:
    """The same of whatever number: `record` is in it where the line has a checksum."""
    if not line.endswith(b"\n"):
        raise DamagedRecordError("it is cut off")
    tail = _TAIL.search(line[-20:])
    if tail and int(tail[1], 16) != zlib.crc32(line[: -len(tail[0])]):
        raise DamagedRecordError("its checksum does not match")
    try:
        log = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedRecordError("it is no JSON") from error
    # A number without a checksum is that of a record whose end was changed.
    if not isinstance(log, dict) or ("record" in log) != bool(tail):
        raise DamagedRecordError("it is no record")
    return log


def whole_records(line: bytes) -> Iterator[dict[str, Any]]:
    """Records with checksums inside a damaged line: behind a hole, or on both sides of a newline
    that was lost."""
    place = 0
    while start := _START.search(line, place):
        place = start.end()
        for end in _END.finditer(line, place):
            try:
                yield decode_any(line[start.start() : end.end()] + b"\n")
            except DamagedRecordError:
                continue
            place = end.end()
            break
