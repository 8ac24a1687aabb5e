"""What every folder in an object store promises, and one that is a folder of this machine."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from rnnsearch import cached_store
from rnnsearch.object_store.address import StoreAddress
from rnnsearch.object_store.folder import ObjectFolder
from rnnsearch.search.mirror import places


class OnThisDisk:
    """Opens folders of this machine in the place of buckets."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, address: StoreAddress) -> Any:
        from fsspec.implementations.dirfs import DirFileSystem
        from fsspec.implementations.local import LocalFileSystem
        from pyarrow.fs import FSSpecHandler, PyFileSystem

        inner = DirFileSystem(str(self.root), LocalFileSystem(auto_mkdir=True))
        return PyFileSystem(FSSpecHandler(inner))


def folder_on_disk(root: Path, address: str = "s3://studies/folder") -> ObjectFolder:
    return ObjectFolder(StoreAddress.of(address), 0.0, OnThisDisk(root))


class ObjectFolderContract:
    """A test module inherits this, and has a fixture `folder`: an empty `ObjectFolder`."""

    def test_what_was_written_is_read(self, folder: ObjectFolder) -> None:
        folder.write("a/b.bin", b"\x00old")
        folder.write("a/b.bin", b"new")
        folder.write("empty", b"")
        assert (folder.read("a/b.bin"), folder.read("empty")) == (b"new", b"")

    def test_a_large_file_is_whole(self, folder: ObjectFolder) -> None:
        data = bytes(range(256)) * 25_000  # 6.4 MB, which S3 takes in parts
        folder.write("large", data)
        assert folder.read("large") == data

    def test_a_missing_file_is_said_to_be_missing(self, folder: ObjectFolder) -> None:
        assert not folder.exists("none")
        with pytest.raises(FileNotFoundError, match="none"):
            folder.read("none")
        with pytest.raises(FileNotFoundError):
            folder.copy("none", "other")
        folder.remove("none")

    def test_names_are_relative_and_of_every_depth(self, folder: ObjectFolder) -> None:
        for name in ("b", "a/c/d e+f%20ü", "a/b"):
            folder.write(name, name.encode())
        assert folder.names() == ["a/b", "a/c/d e+f%20ü", "b"]
        assert folder.sizes("a") == {"a/b": 3, "a/c/d e+f%20ü": len("a/c/d e+f%20ü".encode())}
        assert folder.joined("a", "c").names() == ["d e+f%20ü"]
        assert folder.names("nothing") == []

    def test_what_was_removed_is_gone(self, folder: ObjectFolder) -> None:
        for name in ("a/b", "a/c", "d"):
            folder.write(name, b"x")
        folder.remove("a/b")
        assert folder.names() == ["a/c", "d"]
        folder.joined("a").clear()
        assert folder.names() == ["d"]
        folder.joined("a").clear()

    def test_a_copy_replaces_what_was_there(self, folder: ObjectFolder) -> None:
        folder.write("a", b"one")
        folder.write("b", b"other")
        folder.copy("a", "b")
        assert (folder.read("a"), folder.read("b")) == (b"one", b"one")

    def test_files_go_up_and_down(self, folder: ObjectFolder, tmp_path: Path) -> None:
        (tmp_path / "up").write_bytes(b"contents")
        folder.upload(tmp_path / "up", "deep/name")
        folder.download("deep/name", tmp_path / "down")
        assert (tmp_path / "down").read_bytes() == b"contents"

    def test_it_travels_in_a_pickle(self, folder: ObjectFolder) -> None:
        folder.write("a", b"x")
        assert pickle.loads(pickle.dumps(folder)).read("a") == b"x"

    def test_a_check_leaves_nothing(self, folder: ObjectFolder) -> None:
        folder.check()
        assert folder.names() == []


def stores_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let addresses of object stores lead to folders below a temporary one; there is `bucket`."""
    (tmp_path / "bucket").mkdir()

    def remote_of(storage: Path) -> ObjectFolder | None:
        address = cached_store.address_of(storage)
        return None if address is None else folder_on_disk(tmp_path, address)

    monkeypatch.setattr(places, "remote_of", remote_of)
