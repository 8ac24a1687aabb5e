"""What a full disk, a cut, a hole and a changed byte do to the journal: never a wrong ledger."""

from __future__ import annotations

import errno
import json
import random
import resource
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from contracts.broken_disk import BrokenDisk
from ledgers import asked, new
from small_space import small_spec, study_directory

from rnnsearch import disk
from rnnsearch.errors import (
    DamagedLedgerError,
    LedgerError,
    StorageError,
    StudyExistsError,
    StudyNotFoundError,
)
from rnnsearch.search.ledger.journal import BufferedJournal
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_trials

LOGS = [{"n": number, "text": "x" * number} for number in range(5)]


def written(path: Path, logs: list[dict[str, Any]] = LOGS) -> bytes:
    journal = BufferedJournal(path)
    journal.append_logs(logs)
    journal.flush()
    return path.read_bytes()


def found(path: Path) -> list[dict[str, Any]]:
    """The records as somebody who looks on reads them, without their numbers and checksums."""
    logs = list(BufferedJournal(path, read_only=True).read_logs(0))
    return [
        {key: log[key] for key in log if key not in ("record", "crc", "flushed")} for log in logs
    ]


def as_older_versions_wrote(logs: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs)


@pytest.mark.parametrize("refused", [(), ("ftruncate",)])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_flush_that_fails_at_any_byte_leaves_a_ledger_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[str, ...], error: int
) -> None:
    first = written(tmp_path / "whole", LOGS[:2])
    whole = written(tmp_path / "whole", LOGS[2:4])
    for room in range(len(whole) - len(first) + 1):
        path = tmp_path / f"ledger-{room}"
        journal = BufferedJournal(path)
        journal.append_logs(LOGS[:2])
        journal.flush()
        journal.append_logs(LOGS[2:4])
        broken = BrokenDisk(room, refused=(*refused, "fsync"), error=error)
        monkeypatch.setattr(disk, "os", broken)
        for _ in range(2):
            with pytest.raises(StorageError, match="Nothing is lost yet"):
                journal.flush()
        left = path.read_bytes()
        assert left == (whole[: len(first) + room] if refused else first)
        assert found(path) == LOGS[: 2 + left[len(first) :].count(b"\n")]

        broken.mend()
        journal.append_logs(LOGS[4:])
        journal.flush()
        assert found(path) == LOGS


def test_what_a_failed_flush_left_is_not_another_drivers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[:2])
    with monkeypatch.context() as patch:
        patch.setattr(disk, "os", BrokenDisk(20, refused=("ftruncate",)))
        with pytest.raises(StorageError):
            journal.flush()
    path.write_bytes(path.read_bytes() + b"another's")

    with pytest.raises(LedgerError, match="another driver"):
        journal.flush()


def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    """When the operating system itself refuses half-way through a write (the file may not grow over
    200 bytes), the file is as before, and the next flush writes all that waits.
    """
    path = tmp_path / "ledger"
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[:1])
    journal.flush()
    before = path.read_bytes()
    journal.append_logs([LOGS[1], {"text": "x" * 4096}])
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, unlimited[1]))
        with pytest.raises(StorageError, match="Nothing is lost yet"):
            journal.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, ignored)

    assert path.read_bytes() == before
    journal.append_logs([LOGS[2]])
    journal.flush()
    assert found(path) == [LOGS[0], LOGS[1], {"text": "x" * 4096}, LOGS[2]]


def test_cut_off_at_any_byte_it_holds_the_whole_records_before(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole")
    path = tmp_path / "ledger"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        kept = whole[:size].count(b"\n")
        assert found(path) == LOGS[:kept]
        assert len(list(BufferedJournal(path).read_logs(0))) == kept
        assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:kept])


def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole")
    path = tmp_path / "ledger"
    for place in range(len(whole)):
        path.write_bytes(_with(whole, place, bytes([whole[place] ^ 1])))
        _must_be_refused(path)


@pytest.mark.slow
def test_a_byte_changed_in_any_way_is_noticed(tmp_path: Path) -> None:
    directory = study_directory(tmp_path)
    a_short_study(tmp_path)
    whole = directory.ledger.read_bytes()
    for place in range(len(whole)):
        for mask in (0x40, 0x80, whole[place], whole[place] ^ ord("\n")):
            if mask:
                directory.ledger.write_bytes(_with(whole, place, bytes([whole[place] ^ mask])))
                with pytest.raises(DamagedLedgerError):
                    BufferedJournal(directory.ledger, read_only=True)


def test_a_hole_of_zeros_is_noticed_unless_it_is_the_end(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole")
    path = tmp_path / "ledger"
    for size in (1, 64, 200):
        for place in range(0, len(whole) - size, 7):
            path.write_bytes(_with(whole, place, bytes(size)))
            _must_be_refused(path)
    for place in range(len(whole) - 1):
        path.write_bytes(_with(whole, place, bytes(len(whole) - place)))
        assert found(path) == LOGS[: whole[:place].count(b"\n")]


def test_records_that_are_gone_doubled_or_swapped_are_noticed(tmp_path: Path) -> None:
    lines = written(tmp_path / "whole").splitlines(keepends=True)
    path = tmp_path / "ledger"
    for wrong in (lines[1:], [*lines[:2], *lines[1:]], [lines[0], lines[2], lines[1], *lines[3:]]):
        path.write_bytes(b"".join(wrong))
        _must_be_refused(path)


def test_the_damage_is_named_and_nothing_is_cut(tmp_path: Path) -> None:
    lines = written(tmp_path / "whole").splitlines(keepends=True)
    lines[2] = b"{oops\n"
    path = tmp_path / "ledger"
    path.write_bytes(b"".join(lines))

    with pytest.raises(DamagedLedgerError, match=r"Record 3 of .* damaged .*, and 2 lines follow"):
        BufferedJournal(path)
    assert path.read_bytes() == b"".join(lines)


def test_a_journal_of_an_older_version_opens_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(as_older_versions_wrote(LOGS[:3]) + b'{"n":')
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[3:])
    journal.flush()

    assert found(path) == LOGS
    whole = path.read_bytes()
    old = len(as_older_versions_wrote(LOGS[:3]))
    for place in range(old, len(whole)):
        path.write_bytes(_with(whole, place, bytes([whole[place] ^ 1])))
        _must_be_refused(path)


def test_a_damaged_ledger_says_the_remedy(tmp_path: Path) -> None:
    directory = study_directory(tmp_path)
    a_short_study(tmp_path)
    whole = directory.ledger.read_bytes()
    directory.ledger.write_bytes(_with(whole, len(whole) // 2, b"\0"))

    remedy = f"rnnsearch repair small --storage {tmp_path}"
    with pytest.raises(DamagedLedgerError, match=remedy):
        read_trials(directory, small_spec())
    with pytest.raises(DamagedLedgerError, match=remedy):
        Ledger.open(directory, small_spec())


def test_an_older_ledger_with_a_changed_byte_is_never_a_traceback(tmp_path: Path) -> None:
    """A ledger without checksums, as older versions wrote it, in which any byte is changed is read
    or refused with one of our errors: what still is JSON may be believed, and what makes no sense
    is reported as damage.
    """
    directory = study_directory(tmp_path)
    a_short_study(tmp_path)
    logs = [json.loads(line) for line in directory.ledger.read_bytes().splitlines()]
    for log in logs:
        del log["record"], log["crc"]
    whole = as_older_versions_wrote(logs)
    chosen = random.Random(0)
    for _ in range(60):
        place = chosen.randrange(len(whole))
        byte = chosen.choice([b'"', b"0", b"9", b"}", b"x", b"\0", b"\n", b"-", b","])
        directory.ledger.write_bytes(_with(whole, place, byte))
        with suppress(DamagedLedgerError, StudyNotFoundError, StudyExistsError):
            read_trials(directory, small_spec())


def a_short_study(tmp_path: Path) -> None:
    """Two trials, one ended and one on its way."""
    ledger = new(tmp_path)
    for _ in range(2):
        trial = asked(ledger)
        ledger.report([(trial.number, 1, 0.5), (trial.number, 2, 0.25)])
    ledger.finish(0, "complete", reason="last epoch")
    ledger.close()


def _with(whole: bytes, place: int, piece: bytes) -> bytes:
    return whole[:place] + piece + whole[place + len(piece) :]


def _must_be_refused(path: Path) -> None:
    before = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(DamagedLedgerError):
            BufferedJournal(path, read_only=read_only)
    assert path.read_bytes() == before
