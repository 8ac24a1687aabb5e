"""A storage that is an object store, as everything above the mirror sees it: a folder of this
machine, whose commands name the address."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.object_folders import stores_on_disk

from rnnsearch import cached_store
from rnnsearch.commands import command
from rnnsearch.errors import StorageError, StudyNotFoundError
from rnnsearch.search.directory import (
    StudyDirectory,
    list_studies,
    local_storage,
    next_free_name,
)

STORAGE = Path("s3://bucket/studies")


@pytest.fixture(autouse=True)
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store keeps what is written to it."""
    stores_on_disk(tmp_path, monkeypatch)
    on(monkeypatch, tmp_path, "a")
    return tmp_path / "bucket/studies"


def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str) -> None:
    """Go to a machine."""
    monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / machine))


def made(name: str) -> StudyDirectory:
    """A study that a driver of this machine has begun and left."""
    directory = StudyDirectory(STORAGE, name)
    directory.create()
    directory.yaml.write_text(f"name: {name}")
    mirror = directory.mirror
    assert mirror is not None
    mirror.claim(print)
    mirror.push()
    mirror.release()
    return directory


def test_it_is_a_folder_of_the_user_s_cache_and_printed_as_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = StudyDirectory(STORAGE, "small")
    assert directory.storage.parent == tmp_path / "a"
    assert directory.storage.name.startswith("s3-bucket-studies-")
    assert directory.place == "s3://bucket/studies/small"
    line = command("resume", "small", storage=directory.storage)
    assert line == "rnnsearch resume small --storage s3://bucket/studies"
    assert not directory.storage.exists(), "a mistake leaves no folder"
    directory.create()
    monkeypatch.setattr(cached_store, "_known", {})  # as another process
    assert command("resume", "small", storage=directory.storage) == line
    assert StudyDirectory(directory.storage, "small").place == directory.place
    monkeypatch.delenv("RNNSEARCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert local_storage(STORAGE).parent == tmp_path / "xdg/rnnsearch/stores"


def test_stores_of_one_address_behind_two_endpoints_are_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = local_storage(STORAGE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://other:9000")
    assert local_storage(STORAGE) != first
    assert local_storage(Path("gs://bucket/studies")).name.startswith("gs-bucket-studies-")


@pytest.mark.parametrize("url", ["hdfs://host/studies", "http://host/studies", "file:///studies"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(StorageError, match="is a URL") as raised:
        local_storage(Path(url))
    assert "s3://bucket/studies" in str(raised.value)


def test_a_login_in_an_address_is_refused_and_not_told() -> None:
    with pytest.raises(StorageError, match="AWS_ACCESS_KEY_ID") as raised:
        local_storage(Path("s3://key:Sesame-7@bucket/studies"))
    assert "Sesame-7" not in str(raised.value)


def test_another_machine_finds_lists_and_deletes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bucket: Path
) -> None:
    for name in ("small", "other"):
        made(name)
    on(monkeypatch, tmp_path, "b")
    assert [one.name for one in list_studies(STORAGE)] == ["other", "small"]
    found = StudyDirectory.find(STORAGE, "small")
    assert found.yaml.read_text() == "name: small"
    assert found.storage.parent == tmp_path / "b"
    assert found.size_bytes() > len("name: small")
    assert (next_free_name(STORAGE, "small"), next_free_name(STORAGE, "new")) == ("small-2", "new")
    with pytest.raises(StudyNotFoundError, match=r"s3://bucket/studies\. There are: other, small"):
        StudyDirectory.find(STORAGE, "none")
    found.delete()
    assert not found.root.exists()
    assert not [path for path in (bucket / "small").rglob("*") if path.is_file()]
    assert (bucket / "other/study.yaml").exists()
    on(monkeypatch, tmp_path, "a")
    assert [one.name for one in list_studies(STORAGE)] == ["other"]


def test_packs_keep_their_snapshots_in_the_store_itself(tmp_path: Path) -> None:
    assert StudyDirectory(STORAGE, "small").snapshot_place == "s3://bucket/studies/small/snapshots"
    here = StudyDirectory(tmp_path, "small")
    assert here.snapshot_place == str(tmp_path / "small" / "snapshots")


def test_modules_that_came_with_a_study_are_brought_from_its_copy(tmp_path: Path) -> None:
    directory = made("small")
    assert directory.modules_to_bring() == []
    for name in ("echo.py", "package/part/words.py", "data/path/load.csv", "space.yaml"):
        (directory.sent / name).parent.mkdir(parents=True, exist_ok=True)
        (directory.sent / name).write_text("")
    names = [path.name for path in directory.modules_to_bring()]
    assert names == ["echo.py", "package"]
    shared = StudyDirectory(tmp_path / "shared", "small")
    shared.sent.mkdir(parents=True)
    (shared.sent / "echo.py").write_text("")
    assert shared.modules_to_bring() == []
