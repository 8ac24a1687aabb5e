"""Which project `deploy/job.py` runs, in each way that it comes to a cluster."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from two_nodes import PROJECT

from rnnsearch.errors import StorageError
from rnnsearch.search.directory import refuse_ephemeral


@pytest.fixture(scope="module")
def job() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deploy_job", PROJECT / "deploy" / "job.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lay_out(folder: Path) -> Path:
    """The least that is a project; its script."""
    for name in ("rnnsearch/__init__.py", "deploy/job.py", "data/wave.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder / "deploy" / "job.py"


def test_a_checkout_is_used_as_it_is(job: ModuleType, tmp_path: Path) -> None:
    with job.project_folder(lay_out(tmp_path)) as project:
        assert project == tmp_path


def test_a_job_outlives_the_copy_that_ray_made(job: ModuleType, tmp_path: Path) -> None:
    copy = tmp_path / "runtime_resources" / "working_dir_files" / "_ray_pkg_0"
    with job.project_folder(lay_out(copy)) as project:
        shutil.rmtree(copy)
        assert (project / "rnnsearch" / "__init__.py").is_file()
        assert (project / "data" / "wave.csv").read_text() == "data/wave.csv"
        with pytest.raises(StorageError, match="deletes after it"):
            refuse_ephemeral(project / "studies")
    assert list(copy.parent.iterdir()) == []


def test_a_script_alone_goes_where_the_cluster_file_says(
    job: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "home" / "job.py"
    script.parent.mkdir()
    script.touch()
    monkeypatch.setenv(job.PROJECT, "/home/me/rnnsearch-project")
    with job.project_folder(script) as project:
        assert project == Path("/home/me/rnnsearch-project")
    monkeypatch.delenv(job.PROJECT)
    with job.project_folder(script) as project:
        assert project is None


def test_a_space_file_is_run_and_a_study_is_gone_on_with(
    job: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    where = ["--address", "head:6379"]
    assert job.command(["a.yaml", "--trials", "3"]) == ["run", "a.yaml", "--trials", "3", *where]
    assert job.command(["resume", "a"]) == ["resume", "a", *where]
    assert job.command(["extend", "a", "--trials", "3"]) == ["extend", "a", "--trials", "3", *where]
    assert job.command(["retrain", "a", "--address=x:1"]) == ["retrain", "a", "--address=x:1"]
    assert job.command([]) == ["run", *where]


def test_what_trains_joins_the_cluster_and_what_watches_does_not(
    job: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(job.ADDRESS, "head:6379")
    assert job.command(["sine.yaml"]) == ["run", "sine.yaml", "--address", "head:6379"]
    assert job.command(["resume", "sine"]) == ["resume", "sine", "--address", "head:6379"]
    watched = ["watch", "sine", "--storage", "/shared"]
    assert job.command(watched) == watched
