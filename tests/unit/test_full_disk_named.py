"""Whatever is written to a full disk, the error names the file: here the device that is always full
stands in the place of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnsearch import cached_store
from rnnsearch.disk import place_and_reason
from rnnsearch.errors import StorageError
from rnnsearch.events import PackStarted
from rnnsearch.records.held_trials import HeldTrials
from rnnsearch.records.mlflow.carried import write_archive
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.patience import Patience
from rnnsearch.records.tracking_uri import TrackingStore
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.ledger.journal import BufferedJournal
from rnnsearch.search.lock_file import LockFile
from rnnsearch.search.owner import this_process
from rnnsearch.search.waits import full_disk
from rnnsearch.study.pictures import attempted

FULL = "/dev/full"
EVENT = PackStarted(0.0, "pack", "node", 8)


def full(path: Path) -> Path:
    path.symlink_to(FULL)
    return path


def held(folder: Path) -> Path:
    trials = HeldTrials(folder)
    path = full(trials._path(7))
    trials.keep(7, [(1, EVENT)])  # type: ignore[list-item]
    return path


def lock(folder: Path) -> Path:
    path = full(folder / "lock")
    LockFile(path).take(this_process(), lambda owner, silence: None)
    return path


def archive(folder: Path) -> Path:
    path = full(folder / "code.zip")
    write_archive(path)
    return path


def mark(folder: Path) -> Path:
    storage = folder / "storage"
    cached_store._known[storage] = "s3://bucket/studies"
    storage.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "exists", lambda path: False)
        full(storage / cached_store.MARK)
        cached_store.make_folder(storage)
    return storage / cached_store.MARK


@pytest.mark.parametrize("write", [held, lock, archive, mark])
def test_an_error_names_the_file(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    with pytest.raises(OSError) as raised:  # noqa: PT011
        write(tmp_path)
    named = Path(place_and_reason(raised.value).removesuffix(": No space left on device"))
    assert named.is_relative_to(tmp_path)


def test_the_ledger_and_the_outbox_name_theirs(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    journal.append_logs([{"n": 1}])
    path.unlink()
    full(path)
    with pytest.raises(StorageError, match=str(path)) as raised:
        journal.flush()
    assert isinstance(raised.value.__cause__, OSError)
    assert f"({path}: No space left on device)" in full_disk("it", raised.value.__cause__).text
    box = Outbox(tmp_path / "outbox")
    segment = full(tmp_path / "outbox" / "000001.open")
    box.on_event(EVENT)
    assert box.problem == f"records wait in memory: {segment}: No space left on device"


def test_the_writer_of_the_records_names_what_it_could_not_write(tmp_path: Path) -> None:
    store = TrackingStore("http://127.0.0.1:1", "http://127.0.0.1:1")
    state = WriterState()
    error = OSError(28, "No space left on device", "/outbox/held/7")
    Patience(tmp_path, state, store).failed(error)
    assert state.problem == "the records wait: /outbox/held/7: No space left on device"


def test_a_picture_that_finds_no_room_costs_nothing_even_without_a_log(tmp_path: Path) -> None:
    said: list[str] = []

    def draw() -> None:
        raise OSError(28, "No space left on device", "a.png")

    assert attempted(draw, "there is no picture", full(tmp_path / "log"), said.append) is None
    (line,) = said
    assert line.startswith("note: there is no picture: a.png: No space left on device (no trace")
    assert "log: No space left on device" in line
