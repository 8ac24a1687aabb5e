"""What is written into MLflow's tables past MLflow: the same rows, and only where that is plain."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from record_store import Store

from rnnsearch.records.mlflow.tables import Row, Tables

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

CURVE: list[Row] = [
    *(("val_mse", 0.5**epoch, 1_000 + epoch // 3, epoch) for epoch in range(1, 9)),
    ("val_mse", 0.25, 1_000, 2),  # once more
    *(("a/b c.d-e", value, 7, 1) for value in (math.nan, math.inf, -math.inf, 3.0)),
    *(("late", value, at, step) for value, at, step in ((1, 5, 9), (2, 9, 3), (3, 5, 9))),
]
EARLIER: list[Row] = [("val_mse", 0.9, 2_000, 5), ("late", 7.0, 6, 9), ("late", 8.0, 6, 9)]
WORDS = {"state": "running", "config": "{" + "é" * 3000 + "}"}


def by_mlflow(client: MlflowClient, experiment: str) -> str:
    run = client.create_run(experiment, 5, dict(WORDS), run_name="trial-0001").info.run_id
    for rows, params, tags in LOGS:
        client.log_batch(
            run,
            [Metric(*row) for row in rows],
            [Param(*one) for one in params.items()],
            [RunTag(*one) for one in tags.items()],
        )
    client.set_terminated(run, "FINISHED", 9)
    return str(run)


def past_mlflow(tables: Tables, experiment: str) -> str:
    run = tables.create(experiment, "trial-0001", 5, dict(WORDS))
    assert run is not None
    for rows, params, tags in LOGS:
        assert tables.log(run, rows, params, tags)
    assert tables.end(run, "FINISHED", 9)
    return run


LOGS: list[tuple[list[Row], dict[str, str], dict[str, str]]] = [
    (CURVE, {"model.units": "16", "task.x": "[1, 2]"}, {"state": "complete", "reason": ""}),
    (EARLIER, {}, {}),
    ([], {}, {"state": "pruned", "rank": "0001"}),
]


@pytest.fixture
def client(store: Store) -> MlflowClient:
    return MlflowClient(store.uri)


@pytest.fixture
def experiment(client: MlflowClient, store: Store) -> str:
    return str(client.create_experiment("sine", (store.root / "art ?#é").as_uri()))


@pytest.fixture
def tables(store: Store, experiment: str) -> Tables:
    known = Tables.of(store.uri)
    assert known is not None
    return known


def dump(store: Store, run: str) -> dict[str, list[Any]]:
    """All rows of a run, its id replaced."""
    tables = ("runs", "tags", "params", "metrics", "latest_metrics")
    with closing(sqlite3.connect(store.database)) as database:
        return {
            table: sorted(
                tuple(str(cell).replace(run, "ID") for cell in row)
                for row in database.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (run,))
            )
            for table in tables
        }


def test_the_rows_are_those_that_mlflow_writes(
    store: Store, client: MlflowClient, experiment: str, tables: Tables
) -> None:
    one, other = by_mlflow(client, experiment), past_mlflow(tables, experiment)
    assert dump(store, other) == dump(store, one)
    read = client.get_run(other)
    assert (read.info.run_name, read.data.metrics["late"]) == ("trial-0001", 8.0)


def test_what_is_not_plain_is_left_to_mlflow_and_leaves_nothing(
    store: Store, client: MlflowClient, experiment: str, tables: Tables
) -> None:
    run = past_mlflow(tables, experiment)
    before = dump(store, run)
    row: Row = ("val_mse", 1.0, 1, 99)
    assert not tables.log(run, [row], {"model.units": "17"}, {"new": "1"})  # a changed param
    assert not tables.log(run, [row, ("a//b", 1.0, 1, 1)], {}, {})
    assert not tables.log(run, [row], {"long": "x" * 501}, {})
    assert not tables.log(run, [row], {}, {"long": "x" * 4001})
    assert not tables.log(run, [row], {}, {"mlflow.runName": "another"})
    assert not tables.log(run, [row, ("val_mse", 1.0, 1, 2**70)], {}, {})
    assert not tables.log(run, [row], {}, {"half": "\ud800"})
    assert not tables.log("no-such-run", [row], {}, {})
    assert tables.create("77", "trial", 1, {}) is None
    client.delete_run(run)
    assert not tables.log(run, [row], {}, {})
    assert not tables.end(run, "FAILED", 1)
    client.delete_experiment(experiment)
    assert tables.create(experiment, "trial", 1, {}) is None
    assert dump(store, run)["metrics"] == before["metrics"]
    assert dump(store, run)["tags"] == before["tags"]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE tags ADD COLUMN more TEXT",
        "ALTER TABLE runs RENAME COLUMN name TO called",
        "CREATE TRIGGER t AFTER INSERT ON metrics BEGIN SELECT 1; END",
    ],
)
def test_tables_of_another_layout_are_left_alone(store: Store, change: str) -> None:
    assert Tables.of(store.uri) is not None
    with closing(sqlite3.connect(store.database)) as database:
        database.execute(change)
        database.commit()
    assert Tables.of(store.uri) is None
    assert Tables.of("http://host") is None


def test_an_error_in_the_middle_leaves_nothing_and_the_next_call_works(
    store: Store, experiment: str, tables: Tables
) -> None:
    run = past_mlflow(tables, experiment)
    before = dump(store, run)
    odd: Any = ("val_mse", 1.0, object(), 99)
    with pytest.raises(sqlite3.Error):
        tables.log(run, [("val_mse", 1.0, 1, 98), odd], {"new": "1"}, {})
    assert dump(store, run) == before
    assert tables.end(run, "FINISHED", 9)
