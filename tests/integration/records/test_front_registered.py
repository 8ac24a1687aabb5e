"""The models of a front, registered beside the champion of several goals."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from record_store import Store
from test_champion import checkpoint, chosen
from unit.records import record_stream as stream

from rnnsearch.events import ChampionChosen
from rnnsearch.records.mlflow.champion import EVENT
from rnnsearch.records.mlflow.front import register_front
from rnnsearch.records.mlflow.registry import fetch
from rnnsearch.records.names import FRONT
from rnnsearch.records.run_store import Registering
from rnnsearch.tasks.sine.config import SineConfig

pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*type hint:UserWarning"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated"),
]


def test_each_is_a_version_with_its_values_and_the_champion_alone_has_an_alias(
    store: Store,
) -> None:
    from mlflow import MlflowClient

    folders = [store.root / "sine" / "checkpoints" / f"trial-000{number}" for number in range(2)]
    (_, metrics), (second, _) = (checkpoint(SineConfig(), each) for each in folders)
    event = chosen(folders[0], metrics)
    assert isinstance(event, ChampionChosen)
    values = {"val_mse": 0.25, "parameters": 40}
    front = [{"number": 1, "path": str(folders[1]), "values": values}]
    front.append({"number": 7, "path": str(store.root / "nowhere"), "values": values})
    event = replace(event, front=front)
    told = store.told(stream.started(), *stream.trial(0), event)
    assert told.champion_uri == "models:/sine/1"
    assert told.champion_front == (
        "the front, as version 2; without files, so not registered: trials 7"
    )
    client = MlflowClient(store.uri)
    champion, other = (client.get_model_version("sine", version) for version in "12")
    assert (champion.aliases, other.aliases) == (["champion"], [])
    assert json.loads(other.tags[FRONT]) == values
    assert FRONT not in champion.tags
    assert "parameters 40" in other.description
    model = client.get_logged_model(other.source.removeprefix("models:/"))
    assert not model.metrics
    assert model.tags["rnnsearch.trial"] == "1"
    fetched = fetch("models:/sine/2", store.uri)
    assert fetched.config == second.config


def test_what_is_told_again_is_registered_once(store: Store) -> None:
    from mlflow import MlflowClient

    folders = [store.root / "sine" / "checkpoints" / f"trial-000{number}" for number in range(2)]
    (_, metrics), _ = (checkpoint(SineConfig(), each) for each in folders)
    event = chosen(folders[0], metrics)
    assert isinstance(event, ChampionChosen)
    front = [{"number": 1, "path": str(folders[1]), "values": {"val_mse": 0.25}}]
    event = replace(event, front=front)
    store.told(stream.started(), *stream.trial(0), event)
    store.told(event)
    client = MlflowClient(store.uri)
    assert len(client.search_model_versions("name='sine'")) == 2
    # A writer that died between two of them makes the second one alone.
    [before] = [one for one in client.search_model_versions("name='sine'") if FRONT in one.tags]
    model = client.get_logged_model(before.source.removeprefix("models:/"))
    sequence = int(model.tags[EVENT].split(":")[0])
    under = Registering(
        *("sine", "sine", "val_mse", "minimize"),
        *(model.experiment_id, before.run_id, sequence, True),
    )
    assert register_front(client, "any", event.front, under) == "the front, as version 2"
    assert len(client.search_model_versions("name='sine'")) == 2
