from __future__ import annotations

from pathlib import Path

import pytest
from snapshot_places import SnapshotPlaceContract, states

from rnnsearch.search.snapshot_place import FolderPlace, SnapshotPlace, StorePlace, place_at
from tests.contracts.object_folders import folder_on_disk


class TestAFolder(SnapshotPlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> SnapshotPlace:
        return FolderPlace(tmp_path)


class TestAFolderInAStore(SnapshotPlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> SnapshotPlace:
        return StorePlace(folder_on_disk(tmp_path / "store"))


def test_a_text_says_which_it_is(tmp_path: Path) -> None:
    assert place_at(str(tmp_path)) == FolderPlace(tmp_path)
    store = place_at("s3://bucket/folder")
    assert isinstance(store, StorePlace)
    assert str(store.folder) == "s3://bucket/folder"


def test_both_write_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    FolderPlace(tmp_path / "folder").write("p.snap", states(1))
    store = folder_on_disk(tmp_path / "store")
    StorePlace(store).write("p.snap", states(1))
    assert store.read("p.snap") == (tmp_path / "folder" / "p.snap").read_bytes()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    why = FolderPlace(tmp_path / "elsewhere").why_unseen("")
    assert why == f"it does not see the folder {tmp_path / 'elsewhere'} (No such file or directory)"
