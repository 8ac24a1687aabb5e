"""Trials in folds: a network a fold, one report, and a model that is trained on all of them."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median_low, stdev
from typing import Any

import numpy as np
import pytest
import torch
from contracts.folded_tasks import TASKS, without_folds
from torch import Tensor, nn

from rnnsearch.errors import ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.network_config import network_config
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.folds import networks_of
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.streams import derive
from rnnsearch.testing.waves import drain
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.layout import layout_of
from rnnsearch.training.pack import Pack
from rnnsearch.training.snapshot import TrialSnapshot, snapshots_from_bytes, snapshots_to_bytes
from rnnsearch.training.trained import TrainedModel

torch.set_num_threads(1)

EPOCHS = 6


class Normed(nn.Module):
    """A GRU whose last state is normed by statistics of the batch, which it holds beside."""

    def __init__(self, input_size: int, output_size: int, units: int = 5) -> None:
        super().__init__()
        self.rnn = nn.GRU(input_size, units, batch_first=True)
        self.norm = nn.BatchNorm1d(units)
        self.head = nn.Linear(units, output_size)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        states = self.rnn(x)[0]
        last = states[torch.arange(len(x)), lengths - 1]
        return self.head(self.norm(last))


def pack_of(data: dict[Any, TaskData]) -> Pack:
    first = next(iter(data.values())).metrics()[0]
    return Pack(data, objective=first.name, goal=first.goal)


def trial(task: Any, seed: int = 3, model: Any = None, **how: Any) -> TrialConfig:
    training = TrainingConfig(learning_rate=0.03, batch_size=4, max_epochs=EPOCHS, **how)
    model = model or ModelConfig(cell="gru", hidden_size=5)
    return TrialConfig(task=task, model=model, training=training, seed=seed)


def curves(config: TrialConfig, data: TaskData) -> tuple[list[dict[str, float]], Any]:
    """The reports of a trial alone, and its weights."""
    pack = pack_of({config.task: data})
    pack.add("7", config)
    reports = drain(pack, {"7": EPOCHS}).reports
    return [dict(report.metrics) for report in reports], pack.remove("7")


def alone_in_each_fold(config: TrialConfig, data: Any) -> list[list[dict[str, float]]]:
    """The curves of plain trainings on the parts that each fold makes."""
    plain = without_folds(config.task)
    found = []
    for number in range(data.folds):
        own = replace(config, task=plain, seed=derive(config.seed, "fold", number))
        found.append(curves(own, data.fold(number)[0])[0])
    return found


def test_each_fold_has_a_plateau_of_its_own() -> None:
    data = load_data(TASKS["value"])
    config = trial(TASKS["value"], schedule="plateau", patience=0, reduce_factor=0.1)
    metrics, _ = curves(config, data)
    alone = alone_in_each_fold(config, data)
    for epoch, found in enumerate(metrics):
        mean = math.fsum(own[epoch]["train_loss"] for own in alone) / 3
        assert found["train_loss"] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("name", TASKS)
def test_a_trial_is_the_mean_of_a_training_for_each_fold(name: str) -> None:
    task = TASKS[name]
    data: Any = load_data(task)
    assert networks_of(data) == 4
    config = trial(task)
    metrics, weights = curves(config, data)
    plain = without_folds(task)
    alone = alone_in_each_fold(config, data)
    assert len(metrics) == EPOCHS
    for epoch, found in enumerate(metrics):
        for metric in ("train_loss", *(one.name for one in data.metrics())):
            values = [of_fold[epoch][metric] for of_fold in alone]
            assert found[metric] == pytest.approx(math.fsum(values) / 3, rel=1e-12)
            if metric != "train_loss":
                assert found[f"{metric}_spread"] == pytest.approx(
                    stdev(values), rel=1e-9, abs=1e-12
                )
    first = data.metrics()[0]
    best = max if first.goal == "maximize" else min
    own_loss = next(one.name for one in data.metrics() if one.loss)
    judged = [
        [(one[first.name], -one[own_loss] if best is max else one[own_loss]) for one in of_fold]
        for of_fold in alone
    ]
    epochs = [one.index(best(one)) + 1 for one in judged]
    assert weights.epoch == median_low(epochs)
    # The model is what a training on all of them is after that epoch.
    pack = Pack({plain: replace(data, fold_numbers=())}, objective="train_loss")
    pack.add("all", replace(config, task=plain))
    drain(pack, {"all": weights.epoch})
    (snapshot,) = pack.state().values()
    layout = layout_of(config.model, data.input_size, data.output_size, data.symbolic)
    for key, tensor in layout.unpack(torch.from_numpy(snapshot.arrays["parameters"])).items():
        np.testing.assert_array_equal(weights.tensors[key], tensor.numpy())


@pytest.mark.parametrize(
    ("optimizer", "custom"), [("adam", False), ("torch.optim:NAdam", False), ("adam", True)]
)
def test_the_same_bits_in_company_and_after_a_stop(optimizer: str, custom: bool) -> None:
    how: dict[str, Any] = {"schedule": "plateau", "patience": 0, "optimizer": optimizer}
    if custom:
        how["model"] = network_config(f"{__name__}:Normed")(units=4)
    task = TASKS["labels"]
    data = load_data(task)
    expected, weights = curves(trial(task, **how), data)
    assert custom == any(name.endswith("running_mean") for name in weights.tensors)
    pack = pack_of({task: data})
    for number, seed in enumerate((1, 3, 5)):
        pack.add(str(number), trial(task, seed, **how))
    limits = dict.fromkeys(pack.roster, EPOCHS)
    reports = list(pack.train(limits, 0.0).reports)
    while not any(snapshot.epoch == 2 for snapshot in pack.state().values()):
        reports += pack.train(limits, 0.0).reports
    reports += pack.train(limits, 0.0).reports
    state = snapshots_from_bytes(snapshots_to_bytes(pack.state()))
    again = pack_of({task: data})
    for name in ("2", "1"):
        again.add(name, state[name].config, state[name])
    reports += drain(again, {"2": EPOCHS, "1": EPOCHS}).reports
    assert [one.metrics for one in reports if one.trial_id == "1"] == expected
    left = again.remove("1")
    assert left is not None
    assert left.epoch == weights.epoch
    for key, tensor in weights.tensors.items():
        np.testing.assert_array_equal(left.tensors[key], tensor)


def test_the_model_so_far_comes_out_of_a_snapshot() -> None:
    """Where a pack goes on from it, and where a study ended early and nothing does."""
    from rnnsearch.search.unfinished import _weights

    task = TASKS["labels"]
    data = load_data(task)
    pack = pack_of({task: data})
    pack.add("0", trial(task))
    drain(pack, {"0": 4})
    snapshot = snapshots_from_bytes(snapshots_to_bytes(pack.state()))["0"]
    weights = pack.remove("0")
    again = pack_of({task: data})
    again.add("0", snapshot.config, snapshot)
    again.train({}, 0.0)
    for left in (again.remove("0"), _weights(snapshot, data, "val_accuracy")):
        assert left is not None
        assert weights is not None
        assert (left.epoch, left.metrics) == (weights.epoch, weights.metrics)
        for key, tensor in weights.tensors.items():
            np.testing.assert_array_equal(left.tensors[key], tensor)


def snapshot_of(task: Any, data: TaskData) -> TrialSnapshot:
    pack = pack_of({task: data})
    pack.add("0", trial(task))
    drain(pack, {"0": 2})
    return pack.state()["0"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1/parameters", "it lacks parameters"),
        ("2/figures", "it lacks the figures of network 2"),
        ("best_at", "not of the median"),
        ("kept", "it lacks the model's weights after epoch"),
    ],
)
def test_a_snapshot_that_lacks_something_starts_from_the_seed(name: str, said: str) -> None:
    task = TASKS["labels"]
    data = load_data(task)
    whole = snapshot_of(task, data)
    arrays = {key: array for key, array in whole.arrays.items() if not key.startswith(name)}
    assert len(arrays) < len(whole.arrays)
    pack = pack_of({task: data})
    pack.add("0", whole.config, TrialSnapshot(arrays=arrays, **whole.figures()))
    result = drain(pack, {"0": 2})
    assert said in result.notes[0]
    assert [report.epoch for report in result.reports] == [1, 2]


def test_a_fold_that_diverges_is_the_trials_end() -> None:
    task = replace(TASKS["value"], scaler="none")
    data = load_data(task)
    pack = pack_of({task: data})
    hot = trial(task, optimizer="sgd")
    pack.add("0", replace(hot, training=replace(hot.training, learning_rate=1e6)))
    pack.add("1", trial(task))
    result = drain(pack, {"0": 2, "1": 2})
    assert [one.trial_id for one in result.divergences] == ["0"]
    assert list(result.roster) == ["1"]


def test_a_batch_must_fit_into_what_a_fold_leaves() -> None:
    task = TASKS["labels"]
    data = load_data(task)
    assert data.rows()["train"] == 56
    pack = pack_of({task: data})
    config = trial(task)
    pack.add("0", replace(config, training=replace(config.training, batch_size=40)))
    (refusal,) = drain(pack, {}).refusals
    assert "at most training.batch_size: 37" in refusal.reason


@pytest.mark.parametrize("name", TASKS)
def test_a_model_in_folds_is_shown_and_scored_on_the_test_part(name: str) -> None:
    task = TASKS[name]
    data = load_data(task)
    config = trial(task)
    _, weights = curves(config, data)
    model = TrainedModel.from_weights(config, weights, data)
    built = model.task(data)
    if name != "series":  # which tests/unit/tasks/test_series_folds.py shows
        picture = built.picture(model.predictor())  # type: ignore[attr-defined]
        assert picture is not None
        assert name == "events" or str(picture["part"]) == "test"
    assert model.evaluate("test", data)
    with pytest.raises(ModelError, match="was trained on all folds"):
        model.evaluate("val", data)
