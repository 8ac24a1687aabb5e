"""What is whole in a damaged journal, in order, and where something is missing."""

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
    """Records that are missing at a place.

    Attributes:
        first: Number of the first of them, counting from 0.
        count: How many; 0 where the damage was in something that was no record of ours, or stood
            there twice. Of journals without record numbers it is how many lines are damaged.
    """

    first: int
    count: int


def salvage(data: bytes) -> Iterator[dict[str, Any] | Gap]:
    """The whole records of a journal, with a gap where some are missing.

    A half record at the very end is no gap: a kill leaves one, which nothing was promised of.
    """
    number = 0
    checked = False
    """Whether records have numbers by now: once they do, one without is none."""
    damaged = 0
    for line in BytesIO(data):
        try:
            found = [decode_any(line)]
        except DamagedRecordError:
            found = list(whole_records(line))
            damaged += bool(line.endswith(b"\n") or found)
        for log in found:
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
                    damaged += 1  # it stood there before
                    continue
                if damaged or place > number:
                    yield Gap(number, max(0, place - number))
                number, damaged, checked = place, 0, True
            yield log
            number += 1
    if damaged:
        yield Gap(number, damaged)
