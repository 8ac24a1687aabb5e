"""Names, paths and listing of studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import StorageError, StudyNotFoundError
from rnnsearch.search.directory import (
    StudyDirectory,
    list_studies,
    next_free_name,
    refuse_ephemeral,
)


@pytest.mark.parametrize("name", ["sine", "sine-2", "a.b_C", "0", "x" * 100])
def test_a_plain_name_is_taken(tmp_path: Path, name: str) -> None:
    directory = StudyDirectory(tmp_path, name)

    assert directory.root == tmp_path / name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "../up", "-flag", ".hidden", "a b", "ä", "x" * 101, "a\n", "mlflow.db"],
)
def test_a_name_that_would_not_do_as_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError, match="cannot name a study"):
        StudyDirectory(tmp_path, name)


def test_a_relative_storage_survives_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    directory = StudyDirectory(Path("studies"), "sine")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert directory.ledger == tmp_path / "studies" / "sine" / "ledger.journal"


def test_create_makes_the_folders_and_keeps_what_is_there(tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path / "deep" / "storage", "sine")
    directory.create()
    (directory.snapshots / "pack").write_bytes(b"state")
    directory.create()

    folders = (
        directory.snapshots,
        directory.checkpoints,
        directory.outbox,
        directory.logs,
        directory.figures,
    )
    assert all(folder.parent == directory.root and folder.is_dir() for folder in folders)
    assert (directory.snapshots / "pack").read_bytes() == b"state"


def test_folders_alone_are_no_study(tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path, "sine")
    directory.create()
    assert not directory.exists()

    directory.yaml.write_text("name: sine")
    assert directory.exists()


def test_a_storage_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="--storage"):
        StudyDirectory(tmp_path / "file", "sine").create()


def test_studies_are_listed_by_name_and_other_folders_are_not(tmp_path: Path) -> None:
    for name in ("b", "a"):
        StudyDirectory(tmp_path, name).create()
        StudyDirectory(tmp_path, name).yaml.write_text("")
    StudyDirectory(tmp_path, "c").create()
    StudyDirectory(tmp_path, "c").ledger.write_text("")
    (tmp_path / "mlartifacts").mkdir()
    (tmp_path / "mlartifacts" / "study.yaml").write_text("")
    (tmp_path / "no study").mkdir()

    assert [study.name for study in list_studies(tmp_path)] == ["a", "b", "c"]
    assert list_studies(tmp_path / "missing") == []


def test_a_missing_study_says_which_there_are(tmp_path: Path) -> None:
    StudyDirectory(tmp_path, "sine").create()
    StudyDirectory(tmp_path, "sine").yaml.write_text("")

    assert StudyDirectory.find(tmp_path, "sine").name == "sine"
    for name in ("text", "../sine"):
        with pytest.raises(StudyNotFoundError, match="There are: sine"):
            StudyDirectory.find(tmp_path, name)
    with pytest.raises(StudyNotFoundError, match="none at all"):
        StudyDirectory.find(tmp_path / "empty", "sine")


def test_the_next_free_name_counts_from_two(tmp_path: Path) -> None:
    assert next_free_name(tmp_path, "sine") == "sine"
    for expected in ("sine-2", "sine-3"):
        StudyDirectory(tmp_path, next_free_name(tmp_path, "sine")).create()
        assert next_free_name(tmp_path, "sine") == expected


def test_size_and_delete(tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path, "sine")
    directory.create()
    directory.yaml.write_bytes(b"12345")
    (directory.checkpoints / "weights").write_bytes(b"x" * 100)
    other = StudyDirectory(tmp_path, "other")
    other.create()

    assert directory.size_bytes() == 105
    directory.delete()

    assert not directory.root.exists()
    assert other.root.exists()
    with pytest.raises(StudyNotFoundError):
        directory.delete()


def test_the_copy_that_ray_deletes_is_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "session_1" / "runtime_resources" / "working_dir_files" / "_ray_pkg_12ab"
    copy.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(copy)

    for storage in (copy / "studies", link / "studies"):
        with pytest.raises(StorageError, match="--storage /shared/studies"):
            refuse_ephemeral(storage)
        with pytest.raises(StorageError, match="deletes"):
            StudyDirectory(storage, "sine").create()
    monkeypatch.chdir(copy)
    with pytest.raises(StorageError, match="deletes"):
        refuse_ephemeral(Path("studies"))
    assert not (copy / "studies").exists()
    refuse_ephemeral(tmp_path / "working_dir_files" / "studies")


def test_a_url_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="hdfs://host/studies is a URL"):
        StudyDirectory(Path("hdfs://host/studies"), "sine")
