"""A real file system of a few pages that is full: ledger, outbox and state files outlive it."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.events import PackStarted
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.ledger.journal import BufferedJournal

pytestmark = pytest.mark.slow

PAGE = 4096
PAGES = 64


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of `PAGES` pages."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={PAGES * PAGE}", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill(place: Path, free: int) -> Path:
    """A file that leaves `free` pages."""
    space = os.statvfs(place)
    pages = space.f_bavail * space.f_frsize // PAGE - free
    stuffing = place / "stuffing"
    stuffing.write_bytes(b"x" * (pages * PAGE))
    return stuffing


@pytest.mark.parametrize("free", range(4))
def test_a_ledger_that_could_not_be_flushed_opens_and_goes_on(small_disk: Path, free: int) -> None:
    sizes = random.Random(free)
    failed = 0
    for attempt in range(40):
        path = small_disk / f"ledger-{attempt}"
        journal = BufferedJournal(path)
        logs = [{"n": number, "text": "x" * sizes.randrange(3000)} for number in range(12)]
        journal.append_logs(logs[:4])
        journal.flush()
        before = path.read_bytes()
        journal.append_logs(logs[4:])
        stuffing = fill(small_disk, free)
        try:
            journal.flush()
        except StorageError:
            failed += 1
            assert path.read_bytes() == before
            found = BufferedJournal(path, read_only=True).read_logs(0)
            assert [log["n"] for log in found] == [0, 1, 2, 3]
        stuffing.unlink()
        journal.append_logs([{"n": 12}])
        journal.flush()
        assert [log["n"] for log in BufferedJournal(path).read_logs(0)] == list(range(13))
        path.unlink()
    assert failed > 10


@pytest.mark.parametrize("free", range(4))
def test_an_outbox_that_was_full_has_every_event_once(small_disk: Path, free: int) -> None:
    now = 0.0
    box = Outbox(small_disk / "outbox", clock=lambda: now)
    reader = SegmentReader(small_disk / "outbox", 0)
    seen: list[int] = []
    problems = 0
    for _ in range(20):
        stuffing = fill(small_disk, free)
        for _ in range(9):
            now += 2.0
            box.on_event(PackStarted(now, "x" * 2000, "node", 8))
            problems += box.problem is not None
            seen += [sequence for sequence, _ in reader.read()]
        stuffing.unlink()
        now += 2.0
        box.on_event(PackStarted(now, "y", "node", 8))
        assert box.problem is None
        seen += [sequence for sequence, _ in reader.read()]
        reader.delete_done(box.sequence)
    box.close()
    assert problems > 20
    assert seen == list(range(1, box.sequence + 1))
    assert reader.damaged == 0


@pytest.mark.parametrize("free", range(3))
def test_a_state_file_is_old_or_new(small_disk: Path, free: int) -> None:
    state = WriterState(done=1, study={"name": "x" * 6000})
    state.save(small_disk)
    stuffing = fill(small_disk, free)
    state.done = 2
    try:
        state.save(small_disk)
    except OSError:
        assert WriterState.load(small_disk).done == 1
        assert {path.name for path in small_disk.iterdir()} == {"state.json", "stuffing"}
    stuffing.unlink()
    state.save(small_disk)
    assert WriterState.load(small_disk).done == 2
