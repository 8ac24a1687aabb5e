"""The champion is scored once, with all its seeds."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from rig import Notebook

from rnnsearch.events import ChampionChosen
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.search.champion import crown
from rnnsearch.search.choice import Choice
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

TASK = SineConfig()
DATA = load_data(TASK)


class Notes:
    """A ledger that knows notes alone."""

    def __init__(self) -> None:
        self.written: dict[str, Any] = {}

    def note(self, key: str) -> Any:
        return self.written.get(key)

    def set_note(self, key: str, value: Any) -> None:
        self.written[key] = value

    def flush(self) -> None:
        pass


def trained(folder: Path, seed: int) -> Path:
    """A checkpoint of the untrained network of a seed."""
    config = TrialConfig(
        task=TASK,
        model=ModelConfig(cell="gru", hidden_size=4),
        training=TrainingConfig(),
        seed=seed,
    )
    tensors = initial_weights(config.model, 1, 1, False, seed)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    path = folder / f"seed-{seed}"
    metrics = {"train_loss": 0.1 * seed, "val_mse": 0.01 * seed}
    TrainedModel.from_weights(config, Weights(arrays, 1, metrics), DATA).save(path)
    return path


def crowned(
    notes: Notes, paths: dict[int, Path], left_out: tuple[str, ...] = ()
) -> tuple[ChampionChosen, list[ChampionChosen]]:
    """The champion of seed 3, and what the listener heard of it."""
    heard = Notebook()
    event = crown(
        notes,  # type: ignore[arg-type]
        heard,
        Choice(7, 3, paths, left_out),
        data={TASK: DATA},
        figure=Path("champion.png"),
    )
    return event, heard.of(ChampionChosen)


def test_every_seed_is_scored_on_the_test_part(tmp_path: Path) -> None:
    paths = {seed: trained(tmp_path, seed) for seed in (1, 3, 5)}
    event, heard = crowned(Notes(), paths)
    assert heard == [event]
    own = {seed: TrainedModel.load(path).evaluate("test", DATA) for seed, path in paths.items()}
    assert event.test_metrics == own[3]
    assert event.val_metrics["val_mse"] == 0.03
    assert event.seeds == (1, 3, 5)
    for name in own[3]:
        values = [own[seed][name] for seed in (1, 3, 5)]
        assert event.by_seed[name] == tuple(values)
        assert event.mean[name] == pytest.approx(fmean(values))
        assert event.std[name] == pytest.approx(stdev(values))
    assert len(set(event.by_seed["test_mse"])) == 3
    assert event.by_seed["val_mse"] == (0.01, 0.03, 0.05)


def test_of_a_single_seed_there_is_no_spread(tmp_path: Path) -> None:
    event, _ = crowned(Notes(), {3: trained(tmp_path, 3)}, ("seed 9: diverged",))
    assert (event.seeds, event.std, event.left_out) == ((3,), {}, ("seed 9: diverged",))
    assert event.mean == {name: values[0] for name, values in event.by_seed.items()}


def test_the_same_seeds_are_scored_once_and_another_one_anew(tmp_path: Path) -> None:
    notes = Notes()
    paths = {seed: trained(tmp_path, seed) for seed in (1, 3)}
    first, _ = crowned(notes, paths)
    again, heard = crowned(notes, paths)
    assert (again, heard) == (first, [])
    more, heard = crowned(notes, {**paths, 5: trained(tmp_path, 5)})
    assert heard == [more]
    assert more.seeds == (1, 3, 5)


def test_a_note_of_an_older_version_has_no_seeds(tmp_path: Path) -> None:
    notes = Notes()
    path = trained(tmp_path, 3)
    event, _ = crowned(notes, {3: path})
    old = ("time", "number", "seed", "path", "val_metrics", "test_metrics", "text", "figure")
    notes.written["champion"] = {key: notes.written["champion"][key] for key in old}
    again, heard = crowned(notes, {3: path})
    assert heard == [again], "its seeds are scored now"
    assert again.by_seed == event.by_seed
