"""Which version of a registered model is the champion, in a real registry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from record_store import Store
from test_champion import HELLO, checkpoint, pytestmark  # noqa: F401

from rnnsearch.cli.app import main
from rnnsearch.errors import ModelError
from rnnsearch.events import ChampionChosen
from rnnsearch.records.mlflow.registry import fetch
from rnnsearch.records.mlflow.trial_of_run import trial_of_run
from rnnsearch.records.run_store import Registered, Registering
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.comparison import scored_on
from rnnsearch.training.trained import TrainedModel


class Registry:
    """Studies that register winners under one name, each of them a checkpoint of a sine."""

    def __init__(self, store: Store) -> None:
        from mlflow import MlflowClient

        self.runs = store.runs()
        self.client = MlflowClient(store.uri)
        self.folder = store.root / "a"
        checkpoint(SineConfig(), self.folder)
        self._sequence = 0
        self._run_ids: dict[str, str] = {}
        import mlflow

        mlflow.set_tracking_uri(store.uri)
        self._experiment = self.runs.experiment("sine", store.root / "mlartifacts")

    def register(
        self, study: str, mse: float, sequence: int = 0, folder: Path | None = None
    ) -> Registered:
        """A winner of a study with this figure on the test part."""
        self._sequence += 1
        if study not in self._run_ids:
            tags = {"metric": "val_mse", "goal": "minimize", "rnnsearch.study_id": study}
            self._run_ids[study] = self.runs.create(self._experiment, study, 0.0, tags)
        self.runs.study_id = study
        event = ChampionChosen(
            1.0, 0, 3, str(folder or self.folder), {"val_mse": 0.1}, {"test_mse": mse}
        )
        run = self._run_ids[study]
        number, again = sequence or self._sequence, bool(sequence)
        return self.runs.register(
            event,
            Registering(study, "sine", "val_mse", "minimize", self._experiment, run, number, again),
        )

    def aliases(self) -> dict[str, str]:
        given = self.client.get_registered_model("sine").aliases
        return {alias: str(version) for alias, version in given.items()}


def promoted(store: Store, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["promote", "sine", *words, "--tracking-uri", store.uri])
    return int(str(ended.value.code or 0))


def test_the_alias_goes_to_what_is_better_and_a_person_has_the_last_word(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(store)
    assert registry.register("one", 0.2) == Registered("models:/sine/1")
    worse = registry.register("two", 0.3)
    assert (worse.uri, worse.alias, worse.over) == ("models:/sine/2", "challenger", "1")
    assert worse.words == (
        "version 1 stays the champion: test_mse 0.3 is worse than the 0.2 of version 1 on the same "
        "data"
    )
    assert registry.aliases() == {"champion": "1", "challenger": "2"}
    better = registry.register("three", 0.1)
    assert (better.alias, better.over) == ("champion", "1")
    assert registry.aliases() == {"champion": "3", "challenger": "2"}
    # What is told again changes nothing, whatever has happened since.
    assert registry.register("two", 0.3, sequence=2) == worse
    assert registry.register("one", 0.2, sequence=1).uri == "models:/sine/1"
    assert registry.aliases() == {"champion": "3", "challenger": "2"}
    # A later choice of the champion's own study takes its place.
    assert "an earlier choice of this study" in registry.register("three", 0.4).words
    assert registry.aliases()["champion"] == "4"

    assert promoted(store, "2") == 0
    assert "sine@champion is version 2; it was version 4" in capsys.readouterr().out
    assert registry.aliases() == {"champion": "2"}
    assert registry.register("four", 0.25).alias == "champion"

    registry.client.set_registered_model_alias("sine", "champion", "1")  # past rnnsearch
    kept = registry.register("five", 0.01)
    assert kept.alias == "challenger"
    assert "a person made version 1 the champion, which stays; test_mse 0.01 is" in kept.words
    assert registry.aliases() == {"champion": "1", "challenger": "6"}
    assert promoted(store, "9") == 2
    assert "sine has no version 9" in capsys.readouterr().err
    for address, words in {
        "models:/sine": "names no version; it has 1, 2, 3, 4, 5, 6 (challenger is 6, champion is 1",
        "models:/sine/7": "sine has no version 7; it has 1",
        "models:/sine@best": "sine has no alias 'best'; it has 1",
        "models:/cosine@champion": "no model 'cosine' is registered there; there are sine.",
    }.items():
        with pytest.raises(ModelError) as refused:
            fetch(address, store.uri)
        assert words in str(refused.value)
        remedy = str(refused.value).rstrip(".").rpartition("Ask for ")[2]
        assert "cosine" in address or fetch(remedy, store.uri).config.seed == 3
    for run in ("nothing", "0" * 32):
        with pytest.raises(ModelError, match=rf"has no run '{run}'\. Give the id .*`rnnsearch st"):
            trial_of_run(store.uri, run)


def test_a_champion_that_cannot_be_compared_stays(store: Store, tmp_path: Path) -> None:
    registry = Registry(store)
    registry.register("one", 0.2)
    checkpoint(HELLO, tmp_path / "other")
    other = registry.register("two", 0.1, folder=tmp_path / "other")
    assert other.alias == "challenger"
    assert "its task is text, and that one's sine" in other.words
    for folder in (store.root / "mlartifacts").rglob("artifacts/a"):
        shutil.rmtree(folder)
    damaged = registry.register("three", 0.1)
    assert damaged.alias == "challenger"
    assert "version 1 stays the champion: it cannot be compared, since its files" in damaged.words
    registry.client.delete_model_version("sine", "1")
    assert registry.register("four", 0.5).alias == "champion"


def test_on_other_data_the_champion_is_scored_on_the_new_test_part(
    store: Store, tmp_path: Path
) -> None:
    registry = Registry(store)
    registry.register("one", 0.2)
    checkpoint(SineConfig(num_points=60), tmp_path / "longer")
    model = TrainedModel.load(registry.folder)
    later = TrainedModel.load(tmp_path / "longer")
    theirs = scored_on(model, later)["test_mse"]
    worse = registry.register("two", theirs * 1.01, folder=tmp_path / "longer")
    assert (worse.alias, worse.over) == ("challenger", "1")
    assert worse.words == (
        f"version 1 stays the champion: test_mse {theirs * 1.01:.6g} is worse than the "
        f"{theirs:.6g} of version 1, scored on the test part of the new data (task.num_points is "
        "60, and was 50)"
    )
    better = registry.register("three", theirs * 0.99, folder=tmp_path / "longer")
    assert (better.alias, better.over) == ("champion", "1")
    assert "is better than the" in better.words
    # A class of its own runs where the new model has the same one alone.
    for path in (store.root / "mlartifacts").rglob("config.json"):
        held = json.loads(path.read_text())
        held["config"]["model"]["cell"] = "planted:Cell"
        path.write_text(json.dumps(held))
    checkpoint(SineConfig(num_points=70), tmp_path / "longest")
    strange = registry.register("four", 0.1, folder=tmp_path / "longest")
    assert strange.alias == "challenger"
    assert "cannot be scored on the new test part, since it needs the cell planted:Cell" in (
        strange.words
    )


def test_a_writer_that_died_between_the_verdict_and_the_alias_is_made_up_for(store: Store) -> None:
    registry = Registry(store)
    registry.register("one", 0.2)
    registry.runs._client = Dying(registry.runs._client)
    with pytest.raises(KeyboardInterrupt):
        registry.register("two", 0.1)
    registry.runs._client = registry.client
    assert registry.aliases() == {"champion": "1"}
    assert registry.register("two", 0.1, sequence=2).alias == "champion"
    assert registry.aliases() == {"champion": "2"}


class Dying:
    """A client that is killed when it should set an alias."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name == "set_registered_model_alias":
            raise KeyboardInterrupt
        return getattr(self._client, name)
