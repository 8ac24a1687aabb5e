from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.object_store.folder import ObjectFolder
from tests.contracts.object_folders import ObjectFolderContract, folder_on_disk


class TestFolderOnDisk(ObjectFolderContract):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> ObjectFolder:
        return folder_on_disk(tmp_path / "store")


def test_a_whole_bucket_is_never_emptied(tmp_path: Path) -> None:
    bucket = folder_on_disk(tmp_path, "s3://studies")
    bucket.write("of others", b"x")
    with pytest.raises(StorageError, match="whole bucket"):
        bucket.clear()
    assert bucket.names() == ["of others"]
