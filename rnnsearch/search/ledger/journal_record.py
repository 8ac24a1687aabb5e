"""One line of the ledger's journal: what Optuna wrote, its number, and a checksum.

    {"op_code":8,"worker_id":"...","trial_id":3,...,"record":17,"crc":"9ae0daaf"}

The checksum is the CRC-32 of the bytes before it, so a changed record is noticed; the number shows
whether records are missing before it. Optuna ignores both keys. Journals that older versions of
rnnsearch began have neither; new records are appended to them all the same.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

_CHECKSUM_AT_END = re.compile(rb',"crc":"([0-9a-f]{8})"}\n$')
_START = re.compile(rb'\{"op_code":')
_END = re.compile(rb',"crc":"[0-9a-f]{8}"}')


class Operation(IntEnum):
    """What a record does, by its `op_code`: those operations of Optuna's format that we look at.

    Optuna keeps its own list of them in a private module. The numbers stand in every journal file,
    and Optuna must read old files, so they are repeated here rather than imported from there.
    """

    CREATE_STUDY = 0
    SET_STUDY_USER_ATTR = 2
    CREATE_TRIAL = 4
    SET_TRIAL_PARAM = 5
    SET_TRIAL_STATE_VALUES = 6
    SET_TRIAL_INTERMEDIATE_VALUE = 7
    SET_TRIAL_USER_ATTR = 8


class DamagedRecordError(Exception):
    """A line of the journal is not one whole, unchanged record; the text says what is wrong."""


def encode(log: Mapping[str, Any], number: int) -> bytes:
    """One operation of Optuna's as a line of the journal, newline included.

    Args:
        log: The operation, without number and checksum.
        number: How many records stand before it in the journal.
    """
    body = json.dumps({**log, "record": number}, separators=(",", ":"))[:-1].encode()
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def decode(line: bytes, number: int, *, checked: bool) -> dict[str, Any]:
    """The record in a line, which must be the one with this number.

    Args:
        number: How many records stand before it in the journal.
        checked: Whether the line must have a checksum, since an earlier line has one.

    Raises:
        DamagedRecordError: The line is cut off or changed, or is a record with another number.
    """
    log = decode_any(line)
    if "record" not in log and checked:
        raise DamagedRecordError("it has no checksum")
    if log.get("record", number) != number:
        raise DamagedRecordError(f"it is record {log['record'] + 1}")
    return log


def decode_any(line: bytes) -> dict[str, Any]:
    """The record in a line, whatever its number; where it has a checksum, it has a `record` key.

    Raises:
        DamagedRecordError: The line is cut off or changed.
    """
    if not line.endswith(b"\n"):
        raise DamagedRecordError("it is cut off")
    checksum = _CHECKSUM_AT_END.search(line[-20:])
    if checksum and int(checksum[1], 16) != zlib.crc32(line[: -len(checksum[0])]):
        raise DamagedRecordError("its checksum does not match")
    try:
        log = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedRecordError("it is no JSON") from error
    # A number without a checksum means that the end of the line was changed.
    if not isinstance(log, dict) or ("record" in log) != bool(checksum):
        raise DamagedRecordError("it is no record")
    return log


def whole_records(line: bytes) -> Iterator[dict[str, Any]]:
    """The records with checksums that are whole inside a damaged line.

    There are some behind a hole of zeros, and on both sides of a newline that was lost.
    """
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
