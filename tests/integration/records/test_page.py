"""What MLflow itself has of a study's page, and which trials have runs there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from record_store import Store
from unit.records import record_stream as stream

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

DATA = {"name": "load.csv", "digest": "abc", "source_type": "local", "source": "{}"}
TABLE = {"columns": ["rank", "trial"], "data": [[1, "trial-0000-lstm"], [2, "trial-0001-lstm"]]}


def test_the_best_have_runs_with_ranks_and_the_study_a_page(store: Store) -> None:
    from mlflow import MlflowClient

    opened = replace(stream.started(), description="**Question**: which?", datasets=(DATA,))
    (store.root / "sine").mkdir(exist_ok=True)
    (store.root / "sine" / "leaderboard.json").write_text(json.dumps(TABLE))
    events = [one for number in range(8) for one in stream.trial(number)]
    end = replace(stream.ended(), description="**Winner**: trial 0", ranking=[0, 1, 2])
    state = store.told(opened, *events, end, rule="top:3")
    again = replace(opened, resumed=True)
    store.told(again, replace(end, ranking=[1, 0, 4]), rule="top:3")

    client = MlflowClient(store.uri)
    runs: Any = client.search_runs([state.experiment_id], "tags.`rnnsearch.kind` = 'trial'")
    ranks = {run.data.tags["rnnsearch.trial"]: run.data.tags.get("rank") for run in runs}
    assert ranks == {"0": "0002", "1": "0001"}, "of trial 4 there is no run to bring back"
    assert {run.data.tags["rnnsearch.trial"]: len(run.data.params) for run in runs} == {
        "0": 2,
        "1": 2,
    }
    page = client.get_run(state.run_id)
    assert page.data.tags["mlflow.note.content"] == "**Winner**: trial 0"
    assert [one.dataset.name for one in page.inputs.dataset_inputs] == ["load.csv"]
    frame = client.load_table(state.experiment_id, "leaderboard.json", [state.run_id])
    assert frame["trial"].tolist() == ["trial-0000-lstm", "trial-0001-lstm"]


def test_a_rank_is_taken_away_from_a_run(store: Store) -> None:
    from mlflow import MlflowClient

    events = [one for number in range(3) for one in stream.trial(number)]
    state = store.told(stream.started(), *events, replace(stream.ended(), ranking=[0, 1]))
    store.told(stream.started(resumed=True), replace(stream.ended(), ranking=[2]))
    runs: Any = MlflowClient(store.uri).search_runs([state.experiment_id])
    ranks = {one.data.tags.get("rnnsearch.trial"): one.data.tags.get("rank") for one in runs}
    assert ranks == {None: None, "0": None, "1": None, "2": "0001"}
