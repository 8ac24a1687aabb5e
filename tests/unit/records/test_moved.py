"""A storage folder that was moved or copied finds its files again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rnnsearch.records.mlflow.storage_move import follow_move
from rnnsearch.records.study_file import study_file
from rnnsearch.records.tracking_uri import default_artifacts


def made(storage: Path) -> Path:
    """A storage whose MLflow database has one run with one file, and a place that is not ours."""
    (default_artifacts(storage) / "sine" / "run" / "artifacts").mkdir(parents=True)
    place = f"{default_artifacts(storage).as_uri()}/sine"
    with closing(sqlite3.connect(storage / "mlflow.db")) as store, store:
        store.execute("CREATE TABLE experiments (artifact_location TEXT)")
        store.execute("CREATE TABLE runs (artifact_uri TEXT)")
        store.execute("CREATE TABLE model_versions (source TEXT, storage_location TEXT)")
        rows = [("/elsewhere/mlruns/0",), (place,), (None,)]
        store.executemany("INSERT INTO experiments VALUES (?)", rows)
        store.execute("INSERT INTO runs VALUES (?)", (f"{place}/run/artifacts",))
        store.execute("INSERT INTO model_versions VALUES ('models:/m-1', ?)", (f"{place}/m-1",))
    return storage


def places(storage: Path) -> list[str]:
    with closing(sqlite3.connect(storage / "mlflow.db")) as store:
        query = (
            "SELECT artifact_location FROM experiments UNION ALL SELECT artifact_uri FROM runs "
            "UNION ALL SELECT source FROM model_versions "
            "UNION ALL SELECT storage_location FROM model_versions"
        )
        return [row[0] for row in store.execute(query)]


def expected(storage: Path) -> list[str | None]:
    here = f"{default_artifacts(storage).as_uri()}/sine"
    ours = [f"{here}/run/artifacts", "models:/m-1", f"{here}/m-1"]
    return ["/elsewhere/mlruns/0", here, None, *ours]


@pytest.mark.parametrize("name", ["new", "a b", "50%20 ?#é😀'\""])
def test_a_moved_storage_is_followed(tmp_path: Path, name: str) -> None:
    old, new = made(tmp_path / "old %41"), tmp_path / name
    assert follow_move(old) is None
    old.rename(new)
    said = follow_move(new)
    assert said is not None
    assert f"moved from {old}: 3 places" in said
    assert places(new) == expected(new)
    assert follow_move(new) is None


def test_a_copy_leaves_the_original_alone(tmp_path: Path) -> None:
    old = made(tmp_path / "old")
    shutil.copytree(old, tmp_path / "new")
    assert follow_move(tmp_path / "new") is not None
    assert places(tmp_path / "new") == expected(tmp_path / "new")
    assert follow_move(old) is None
    assert places(old) == expected(old)


def test_nothing_is_moved_under_a_study_at_work(tmp_path: Path) -> None:
    old = made(tmp_path / "old")
    old.rename(tmp_path / "new")
    assert follow_move(tmp_path / "new", busy=lambda: True) is None
    assert places(tmp_path / "new") == expected(tmp_path / "old")


def test_artifacts_that_somebody_keeps_elsewhere_stay_there(tmp_path: Path) -> None:
    storage = made(tmp_path / "storage")
    (tmp_path / "big").mkdir()
    kept = tmp_path / "big" / "mlartifacts"
    default_artifacts(storage).rename(kept)
    with closing(sqlite3.connect(storage / "mlflow.db")) as store, store:
        store.execute("DELETE FROM experiments")
        store.execute("INSERT INTO experiments VALUES (?)", (f"{kept.as_uri()}/sine",))
    assert follow_move(storage) is None


def test_a_new_database_without_tables_is_left_alone(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "mlflow.db").close()
    assert follow_move(tmp_path) is None
    assert follow_move(tmp_path / "nothing") is None


def test_paths_of_a_study_mean_where_it_lies_now(tmp_path: Path) -> None:
    here = tmp_path / "new" / "sine"
    (here / "checkpoints" / "trial-0003").mkdir(parents=True)
    moved = study_file("/old/sine/checkpoints/trial-0003", here)
    assert moved == here / "checkpoints" / "trial-0003"
    for other in ("/old/sine/checkpoints/trial-0004", "/old/cosine/checkpoints/trial-0003"):
        assert study_file(other, here) == Path(other)
