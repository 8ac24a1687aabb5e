"""What goes along with a study that is submitted, and where the cluster finds it."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from rnnsearch.errors import InputError, SpaceFileError, StorageError
from rnnsearch.search.directory import StudyDirectory, local_storage
from rnnsearch.study import submitting
from rnnsearch.study.arriving import arrive
from rnnsearch.study.submitting import ENVIRONMENT, Parcel, new_study, old_study

ROOT = Path(__file__).parents[3]
STORAGE = Path("/shared/studies")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person sits, with a table, its space, and a custom task."""
    desk = tmp_path / "desk"
    desk.mkdir()
    for name in ("load.yaml", "load.csv"):
        shutil.copy(ROOT / "search_spaces" / name, desk)
    monkeypatch.chdir(desk)
    monkeypatch.setattr(submitting, "_lay_package", lambda folder: None)
    return desk


def sent(
    file: str, folder: Path, overrides: tuple[str, ...] = (), storage: Path = STORAGE
) -> Parcel:
    folder.mkdir(exist_ok=True)
    return new_study(
        Path(file), folder, storage=storage, name=None, overrides=overrides, options=["-q"]
    )


def files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_a_table_goes_along(desk: Path, tmp_path: Path) -> None:
    parcel = sent("load.yaml", tmp_path / "parcel")
    assert files(parcel.folder) == ["sent/data/path/load.csv", "sent/space.yaml"]
    assert parcel.words == [
        *("submitted", "run", "space.yaml", "--name", "load", "--storage", str(STORAGE), "-q"),
        *("--set", 'task.path="data/path/load.csv"'),
    ]
    assert parcel.entrypoint.startswith("python deploy/job.py submitted run space.yaml ")


def test_an_override_of_the_path_is_replaced_and_others_are_kept(
    desk: Path, tmp_path: Path
) -> None:
    (desk / "load.csv").rename(desk / "other.csv")
    overrides = ("task.path=other.csv", "search.num_trials=3")
    parcel = sent("load.yaml", tmp_path / "parcel", overrides)
    assert parcel.words[-4:] == [
        *("--set", "search.num_trials=3", "--set", 'task.path="data/path/other.csv"')
    ]


def test_what_the_cluster_has_stays_there(desk: Path, tmp_path: Path) -> None:
    parcel = sent("load.yaml", tmp_path / "parcel", ("task.path=/shared/load.csv",))
    assert files(parcel.folder) == ["sent/space.yaml"]
    assert parcel.words[-1] == "task.path=/shared/load.csv"
    assert "/shared/load.csv is not on this machine" in parcel.notes[0]


def test_data_in_the_storage_stays_there(desk: Path, tmp_path: Path) -> None:
    storage = tmp_path / "shared"  # which this machine sees too
    storage.mkdir()
    data = (desk / "load.csv").rename(storage / "load.csv")
    parcel = sent("load.yaml", tmp_path / "parcel", (f"task.path={data}",), storage)
    assert files(parcel.folder) == ["sent/space.yaml"]
    assert parcel.words[-1] == f"task.path={data}"
    assert parcel.notes == []


def test_a_file_that_is_missing_here_is_no_file_of_the_cluster(desk: Path, tmp_path: Path) -> None:
    (desk / "load.csv").unlink()
    with pytest.raises(SpaceFileError, match=r"load\.csv"):
        sent("load.yaml", tmp_path / "parcel")


def test_data_that_is_too_large_is_refused_with_the_remedy(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "MOST_BYTES", 1000)
    with pytest.raises(InputError) as refused:
        sent("load.yaml", tmp_path / "parcel")
    assert str(refused.value).endswith("--set task.path=/shared/studies/load.csv")


def test_a_storage_that_means_another_folder_there_is_refused(desk: Path, tmp_path: Path) -> None:
    for storage in ("studies", "~/studies"):
        with pytest.raises(StorageError, match="--storage /shared/studies"):
            old_study(tmp_path, name="load", storage=Path(storage), words=["resume"])


def test_modules_go_along_with_those_that_they_use(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(desk))
    package = desk / "sent_cells"
    package.mkdir()
    (package / "__init__.py").write_text("")
    echo = (ROOT / "rnnsearch/guide/examples/task/echo.py").read_text()
    (package / "task.py").write_text("from sent_cells import words\n" + echo)
    (package / "words.py").write_text("WORDS = 1\n")
    (package / "unused.py").write_text("")
    space = (ROOT / "rnnsearch/guide/examples/task/echo.yaml").read_text()
    (desk / "echo.yaml").write_text(space.replace("echo:Echo", "sent_cells.task:Echo"))
    parcel = sent("echo.yaml", tmp_path / "parcel")
    names = [f"sent/sent_cells/{name}.py" for name in ("__init__", "task", "words")]
    assert files(parcel.folder) == [*names, "sent/space.yaml"]
    variables = parcel.runtime_env["env_vars"]
    assert variables == {**ENVIRONMENT, "PYTHONPATH": "/shared/studies/echo/sent"}


@pytest.mark.parametrize("given", ["s3://bucket/studies", "folder", "s3:/bucket/studies"])
def test_a_study_in_an_object_store_is_sent_with_its_address(
    desk: Path, tmp_path: Path, given: str
) -> None:
    """As a person types it, as `--storage` hands it on, and as a Path has it."""
    address = "s3://bucket/studies"
    storage = local_storage(Path(address)) if given == "folder" else Path(given)
    parcel = sent("load.yaml", tmp_path / "parcel", storage=storage)
    assert parcel.words[4:7] == ["load", "--storage", address]
    assert parcel.storage == address
    # Its modules come with the job: the folder on the head is no other node's.
    assert parcel.runtime_env["env_vars"] == {**ENVIRONMENT, "PYTHONPATH": "sent"}
    again = old_study(tmp_path, name="load", storage=storage, words=["resume"])
    assert again.words[1:] == ["resume", "load", "--storage", address]


def test_jobs_of_both_ways_have_the_same_variables() -> None:
    written = YAML(typ="safe").load((ROOT / "deploy" / "runtime_env.yaml").read_text())
    assert written == {"env_vars": ENVIRONMENT}


def test_what_arrives_is_kept_with_a_new_study_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, came = tmp_path / "storage", tmp_path / "came"
    came.mkdir()
    (came / "space.yaml").write_text("first")
    (came / "module_that_came.py").write_text("")
    # as Ray starts the driver: the folder is on the path before it is there
    monkeypatch.syspath_prepend(str(storage / "wave" / "sent"))
    assert find_spec("module_that_came") is None
    words = ["run", "space.yaml", "--name", "wave", "--storage", str(storage)]
    monkeypatch.chdir(tmp_path)
    arrive(came, words)
    kept = StudyDirectory(storage, "wave").sent
    assert Path.cwd() == kept
    assert find_spec("module_that_came") is not None
    # another job of the same files, sent by mistake, does not take the folder from under the first
    (kept / "space.yaml").touch()
    before = (kept / "space.yaml").stat().st_mtime_ns
    arrive(came, words)
    assert (kept / "space.yaml").stat().st_mtime_ns == before
    assert [path.name for path in kept.parent.iterdir()] == ["sent"]
    # one of other files replaces what a job has left that never began
    (came / "space.yaml").write_text("other")
    arrive(came, words)
    assert (kept / "space.yaml").read_text() == "other"
    (came / "space.yaml").write_text("first")
    arrive(came, words)
    # a study that has records keeps its files
    (storage / "wave" / "study.yaml").write_text("")
    (storage / "wave" / "ledger.journal").write_text("{}\n" * 3)
    (came / "space.yaml").write_text("second")
    arrive(came, words)
    assert Path.cwd() == came
    assert (kept / "space.yaml").read_text() == "first"
    os.chdir(tmp_path)
    arrive(tmp_path / "nothing", ["resume", "wave", "--storage", str(storage)])
    assert Path.cwd() == kept


def test_the_package_is_laid_as_in_a_checkout(tmp_path: Path) -> None:
    old_study(tmp_path, name="load", storage=STORAGE, words=["resume"])
    for name in ("deploy/job.py", "rnnsearch/__init__.py", "rnnsearch/search_spaces/sine.yaml"):
        assert (tmp_path / name).is_file()
    assert not list(tmp_path.rglob("__pycache__"))
    # where `deploy/make_secrets.sh` puts secrets, nothing is taken along
    assert files(tmp_path / "deploy") == ["job.py"]
    assert not (tmp_path / "rnnsearch" / "deploy").exists()
    assert sum(one.stat().st_size for one in tmp_path.rglob("*")) < 20e6
