"""A storage folder with an odd name, moved to another one: everything goes on from there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from e2e.command import SPACES, python, rnnsearch

OLD = "50%20 ?#é😀 it's"
NEW = 'new "place" #2'

LOAD = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/hello@champion")
print(model.predict({"prompt": "h"}, params={"length": 4, "temperature": 0.0})[0])
"""


def rows(storage: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        return database.execute(query).fetchall()


@pytest.mark.slow
def test_a_moved_storage_works(tmp_path: Path) -> None:
    from rnnsearch.records.tracking_uri import default_tracking_uri

    old, new = tmp_path / OLD, tmp_path / NEW
    options = ("--set", "training.max_epochs=8")
    ran = rnnsearch("run", SPACES / "hello.yaml", "--storage", old, "--trials", 3, *options)
    assert ran.status == 0, ran.err
    assert "registered: models:/hello/1" in ran.out
    assert [path.name for path in tmp_path.iterdir()] == [OLD]  # no folder with a quoted name
    said = rnnsearch("sample", "models:/hello@champion", "--prompt", "h", "--storage", old).out
    assert said

    old.rename(new)
    followed = rnnsearch("sample", "hello", "--prompt", "h", "--storage", new)
    assert followed.out == said
    assert f"the storage folder was moved from {old}" in followed.err
    again = rnnsearch("sample", "models:/hello@champion", "--prompt", "h", "--storage", new)
    assert (again.out, again.err) == (said, "")
    loaded = python(LOAD, default_tracking_uri(new))
    assert loaded.status == 0, loaded.err
    best = rnnsearch("best", "hello", "--storage", new)
    assert "registered: models:/hello/1" in best.out
    assert str(old) not in best.out

    # It goes on in the same runs, and writes nothing to where it was.
    more = rnnsearch("extend", "hello", "--trials", 1, "--storage", new)
    assert more.status == 0, more.err
    assert "registered: models:/hello/" in more.out
    kinds = "SELECT value, count(*) FROM tags WHERE key = 'rnnsearch.kind' GROUP BY value"
    assert dict(rows(new, kinds)) == {"study": 1, "trial": 4, "baseline": 2}
    assert not old.exists()
    for table, column in (("runs", "artifact_uri"), ("logged_models", "artifact_location")):
        places = rows(new, f"SELECT {column} FROM {table}")
        assert all(str(place).startswith((new / "mlartifacts").as_uri()) for (place,) in places)
