"""The mean of several trained models is one model, through every door that a single one has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnsearch.errors import ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.mean import mean_of
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.ensemble import fused
from rnnsearch.training.loading import load_model
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

SINE = SineConfig()
TEXT = TextConfig(text="the quick brown fox jumps over the lazy dog " * 40)
MODELS = (
    ModelConfig(cell="lstm", hidden_size=6),
    ModelConfig(cell="gru", hidden_size=5, num_layers=2),
    ModelConfig(cell="lru", hidden_size=4),
)


def single(task: TaskConfig, model: ModelConfig, seed: int) -> TrainedModel:
    """A network as it is before training, which is one as good as any."""
    data = load_data(task)
    trial = TrialConfig(task=task, model=model, training=TrainingConfig(), seed=seed)
    drawn = initial_weights(model, data.input_size, data.output_size, data.symbolic, seed)
    weights = Weights({name: one.numpy() for name, one in drawn.items()}, 4, {"val_mse": 1.0})
    return TrainedModel.from_weights(trial, weights, data)


def three(task: TaskConfig) -> tuple[list[TrainedModel], TrainedModel]:
    models = [single(task, model, seed) for seed, model in enumerate(MODELS)]
    return models, fused(models, [7, 7, 3], load_data(task))


def test_numbers_are_the_mean_of_what_the_members_predict() -> None:
    models, whole = three(SINE)
    inputs = np.sin(np.linspace(0, 9, 30))[None, :, None]
    each = [one.predict(inputs) for one in models]
    np.testing.assert_allclose(whole.predict(inputs), np.mean(each, 0), rtol=1e-5, atol=1e-7)


def test_in_a_closed_loop_the_mean_is_what_every_member_reads_next() -> None:
    models, whole = three(SINE)
    history = np.sin(np.linspace(0, 9, 30))[None, :, None].astype(np.float32)
    known, by_hand = history, []
    for _ in range(4):
        point = np.mean([one.predict(known)[:, -1:] for one in models], 0)
        by_hand.append(point)
        known = np.concatenate([known, point], 1)
    np.testing.assert_allclose(
        whole.rollout(history, 4), np.concatenate(by_hand, 1), rtol=1e-4, atol=1e-6
    )
    alone = np.mean([one.rollout(history, 4) for one in models], 0)
    assert not np.allclose(whole.rollout(history, 4), alone, rtol=1e-4, atol=1e-6)


def test_of_symbols_the_probabilities_are_averaged() -> None:
    models, whole = three(TEXT)
    symbols = np.arange(12)[None]
    each = np.exp([one.predict(symbols) for one in models])
    mean = np.exp(whole.predict(symbols))
    np.testing.assert_allclose(mean, each.mean(0), rtol=1e-5)
    np.testing.assert_allclose(mean.sum(-1), 1.0, rtol=1e-5)
    assert len(whole.sample("the ", 9)) == 9


def test_of_events_the_probability_of_each_is_averaged() -> None:
    logits = torch.randn(3, 5, 2, 4, generator=torch.manual_seed(0), dtype=torch.float64)
    mean = mean_of(list(logits), "chances")
    torch.testing.assert_close(mean.sigmoid(), logits.sigmoid().mean(0))


@pytest.mark.parametrize("task", [SINE, TEXT])
def test_it_is_scored_as_a_training_is(task: TaskConfig) -> None:
    models, whole = three(task)
    metrics = whole.metrics
    assert metrics == whole.evaluate("val")
    assert metrics.keys() == models[0].evaluate("val").keys()
    again = fused([models[0], models[0]], [7, 7], load_data(task))
    for name, value in models[0].evaluate("val").items():
        assert again.metrics[name] == pytest.approx(value, rel=1e-5), name


def test_a_saved_one_is_the_same_and_knows_its_members(tmp_path: Path) -> None:
    _, whole = three(SINE)
    whole.save(tmp_path)
    read = load_model(tmp_path)
    assert isinstance(read, TrainedModel)
    assert read.evaluate("val") == whole.metrics
    assert [one.number for one in read.members] == [7, 7, 3]
    assert [one.config.seed for one in read.members] == [0, 1, 2]
    assert [one.config.model for one in read.members] == list(MODELS)
    assert read.members[1].epoch == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mean": "squares"}, "squares.* is none of numbers, classes, chances"),
        ({"members": [{"config": {}}]}, "damaged|config"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    _, whole = three(SINE)
    whole.save(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ModelError, match=words):
        load_model(tmp_path)


def test_a_members_own_code_is_asked_for_too(tmp_path: Path) -> None:
    _, whole = three(SINE)
    whole.save(tmp_path)
    file = tmp_path / "config.json"
    stored = json.loads(file.read_text())
    stored["members"][2]["config"]["model"]["cell"] = "theirs:Cell"
    file.write_text(json.dumps(stored))
    with pytest.raises(ModelError, match="the cell theirs:Cell"):
        load_model(tmp_path)


def test_members_of_two_dtypes_are_computed_in_the_wider_one(tmp_path: Path) -> None:
    wide = single(SINE, MODELS[0], 0)
    double = TrialConfig(
        task=SINE, model=MODELS[1], training=TrainingConfig(dtype="float64"), seed=1
    )
    data = load_data(SINE)
    drawn = initial_weights(MODELS[1], data.input_size, data.output_size, False, 1)
    tensors = {name: one.double().numpy() for name, one in drawn.items()}
    other = TrainedModel.from_weights(double, Weights(tensors, 1, {}), data)
    whole = fused([wide, other], [0, 1], data)
    assert whole.network.dtype == torch.float64
    assert wide.network.dtype == torch.float32
    whole.save(tmp_path)
    assert load_model(tmp_path).evaluate("val") == whole.metrics


def test_the_states_out_of_training_go_on_side_by_side(tmp_path: Path) -> None:
    task = SineConfig(rollout=RolloutConfig(steps=(1, 9), state="carried"))
    data = load_data(task)

    def carrying(model: ModelConfig, seed: int, sequences: int) -> TrainedModel:
        """A model that kept the state of some sequences; of none, it kept no state."""
        one = single(task, model, seed)
        tensors = {name: each.numpy() for name, each in one.network.tensors().items()}
        for name in ("carried.h", "carried.c")[: 2 * sequences]:
            tensors[name] = np.full((1, sequences, model.hidden_size), 0.3, np.float32)
        return TrainedModel.from_weights(one.config, Weights(tensors, 1, {}), data)

    models = [carrying(MODELS[0], 0, 3), carrying(MODELS[0], 1, 2), carrying(MODELS[0], 2, 0)]
    whole = fused(models, [0, 1, 2], data)
    assert whole.carried is not None
    assert [tuple(part.shape) for part in whole.carried] == [(1, 1, 2, 6)] * 6
    assert [float(part.max()) > 0 for part in whole.carried] == [True] * 4 + [False] * 2
    assert fused(models[2:] * 2, [2, 2], data).metrics != whole.metrics
    whole.save(tmp_path)
    assert load_model(tmp_path).evaluate("val") == whole.metrics
    same = fused(models[:1] * 2, [0, 0], data).metrics
    assert same == pytest.approx(models[0].evaluate("val", data), rel=1e-5)
