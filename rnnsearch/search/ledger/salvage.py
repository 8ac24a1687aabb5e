"""Reads the whole records of a damaged journal, and finds where records are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from rnnsearch.search.ledger.journal_record import (
    DamagedRecordError,
    decode_any,
    whole_records,
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a journal where records are missing.

    Attributes:
        first: The number of the first missing record, from 0.
        count: How many records are missing; 0 where only a repeated or foreign line is damaged.
            In journals without record numbers it is the number of damaged lines.
    """

    first: int
    count: int


def salvage(data: bytes) -> Iterator[dict[str, Any] | Gap]:
    """The whole records of a journal in order, with a gap wherever some are missing.

    Half a record at the very end is no gap: a kill leaves one, and no flush had promised it.

    Args:
        data: The journal file.
    """
    number = 0
    checked = False
    """Whether a record with a number was seen: from then on, one without is damaged."""
    damaged = 0
    for line in BytesIO(data):
        try:
            records = [decode_any(line)]
        except DamagedRecordError:
            records = list(whole_records(line))
            damaged += bool(line.endswith(b"\n") or records)
        for log in records:
            place = log.get("record")
            if place is None:
                if checked:
                    damaged += 1
                    continue
                if damaged:
                    yield Gap(number, damaged)
                    number, damaged = number + damaged, 0
            else:
                if checked and place < number:
                    damaged += 1  # a record that was there before
                    continue
                if damaged or place > number:
                    yield Gap(number, max(0, place - number))
                number, damaged, checked = place, 0, True
            yield log
            number += 1
    if damaged:
        yield Gap(number, damaged)
