"""Files are whole or as they were, at whatever byte and call the disk refuses."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

import pytest
from contracts.broken_disk import BrokenDisk

from rnnsearch import disk

OLD, NEW = b"what it was\n", b"what it should be, which is longer\n"
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("old", [OLD, None])
def test_a_replaced_file_is_old_or_new_at_every_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, old: bytes | None
) -> None:
    path = tmp_path / "file"
    for room in range(len(NEW)):
        if old is not None:
            path.write_bytes(old)
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", BrokenDisk(room, error=error))
            with pytest.raises(OSError, match=os.strerror(error)):
                disk.replace_file(path, NEW)
        assert (path.read_bytes() if path.exists() else None) == old
        assert {each.name for each in tmp_path.iterdir()} <= {"file"}

    disk.replace_file(path, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_replaced_file_is_old_or_new_at_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    monkeypatch.setattr(disk, "os", BrokenDisk(refused=(call,), error=errno.EIO))

    with pytest.raises(OSError, match="Input/output"):
        disk.replace_file(path, NEW)

    assert path.read_bytes() == OLD
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_takes_a_byte_at_a_time_gets_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenDisk()
    monkeypatch.setattr(broken, "pwrite", lambda fd, data, place: os.pwrite(fd, data[:1], place))
    monkeypatch.setattr(disk, "os", broken)

    disk.replace_file(tmp_path / "file", "é\u2028" + NEW.decode())

    assert (tmp_path / "file").read_text(encoding="utf-8") == "é\u2028" + NEW.decode()


def test_a_disk_that_takes_nothing_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BrokenDisk()
    monkeypatch.setattr(broken, "pwrite", lambda fd, data, place: 0)
    monkeypatch.setattr(disk, "os", broken)

    with pytest.raises(OSError, match="No space"):
        disk.replace_file(tmp_path / "file", NEW)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("refused", [(), ("ftruncate",)])
def test_what_is_appended_is_there_or_not_at_every_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, refused: tuple[str, ...]
) -> None:
    """And where it could not be taken back, the next attempt at the same place is whole."""
    path = tmp_path / "file"
    for room in range(len(NEW) + 1):
        path.write_bytes(OLD)
        broken = BrokenDisk(room, refused=(*refused, "fsync"), error=error)
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", broken)
            descriptor = os.open(path, os.O_RDWR)
            with pytest.raises(OSError, match=os.strerror(error)):
                disk.append_bytes(descriptor, NEW, len(OLD), path)
            left = path.read_bytes()
            assert left == (OLD + NEW[:room] if refused else OLD)
            os.close(descriptor)
            assert path.read_bytes() == left, "nothing follows when the file is closed"

            broken.mend()
            descriptor = os.open(path, os.O_RDWR)
            disk.append_bytes(descriptor, NEW + NEW, len(OLD), path)
            os.close(descriptor)
        assert path.read_bytes() == OLD + NEW + NEW


def test_what_a_kill_left_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.new").write_text("left by a kill")
    disk.replace_file(path, NEW)
    assert path.read_bytes() == NEW


def test_the_umask_holds(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        disk.replace_file(tmp_path / "file", NEW)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_takes_nobodys_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    refused = () if links else ("link",)
    monkeypatch.setattr(disk, "os", BrokenDisk(refused=refused, error=errno.EPERM))
    disk.create_file(tmp_path / "file", NEW)
    with pytest.raises(FileExistsError):
        disk.create_file(tmp_path / "file", OLD)

    assert (tmp_path / "file").read_bytes() == NEW
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_synced_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "os", BrokenDisk(refused=("fsync",), error=errno.EINVAL))
    disk.sync_folder(tmp_path)
    monkeypatch.setattr(disk, "os", BrokenDisk(refused=("fsync",), error=errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        disk.sync_folder(tmp_path)


@pytest.mark.parametrize("refused", ["pwrite", "fsync", "replace", "open"])
def test_what_a_disk_refuses_is_said_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    path = tmp_path / "file"
    broken = BrokenDisk(0 if refused == "pwrite" else None, refused=(refused,))
    monkeypatch.setattr(disk, "os", broken)
    with pytest.raises(OSError) as raised:  # noqa: PT011
        disk.replace_file(path, NEW)
    assert disk.place_and_reason(raised.value) == f"{path}: No space left on device"
    if refused in ("pwrite", "fsync"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        with pytest.raises(OSError, match=str(path)):
            disk.append_bytes(descriptor, NEW, 0, path)
        os.close(descriptor)


def test_a_folder_that_cannot_be_synced_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "os", BrokenDisk(refused=("fsync",), error=errno.EIO))
    with pytest.raises(OSError, match=str(tmp_path)):
        disk.sync_folder(tmp_path)


def test_of_a_copy_the_place_is_where_it_goes(tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    source = tmp_path / "many" / "source"
    source.write_bytes(NEW)
    with pytest.raises(OSError) as raised:  # noqa: PT011
        disk.copy_file(source, Path("/dev/full"))
    assert disk.place_and_reason(raised.value) == "/dev/full: No space left on device"
    target = tmp_path / "target"
    target.mkdir()
    (target / "source").symlink_to("/dev/full")
    with pytest.raises(shutil.Error) as several:
        shutil.copytree(source.parent, target, dirs_exist_ok=True)
    said = disk.place_and_reason(several.value)
    assert said.startswith(f"{target / 'source'}: ")
    assert "No space left on device" in said


def test_an_error_that_is_of_no_file_stays_as_it_is() -> None:
    assert disk.place_and_reason(OSError("something")) == "something"
    assert disk.place_and_reason(ConnectionError(111, "refused")) == "refused"
