"""What waits for a flush of the ledger happens once all before it is durable, and once."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.search.ledger.flushing import Flushing


class Disk:
    """A store whose disk refuses as often as it is told to."""

    refusals = 0

    def flush(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageError("the disk is full")


def test_what_waits_outlives_a_disk_that_refuses() -> None:
    disk, done = Disk(), list[str]()
    flushing = Flushing(cast("Any", disk), threading.RLock())
    flushing.after(lambda: done.append("first"))
    disk.refusals = 2
    for _ in range(2):
        with pytest.raises(StorageError):
            flushing.flush()
    assert done == []
    flushing.after(lambda: done.append("second"))
    flushing.flush()
    flushing.flush()
    assert done == ["first", "second"]
