"""Trials in folds: a network a fold, one report, and a model that is trained on all of them."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median_low, stdev
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.network_config import network_config
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.folds import ValidationConfig, drawn_folds, networks_of
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sequences.config import GroupedConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.config import ValidationConfig as SeriesValidation
from rnnsearch.tasks.splits import TableSplitConfig
from rnnsearch.tasks.streams import derive
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig
from rnnsearch.testing.waves import drain
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.layout import layout_of
from rnnsearch.training.pack import Pack
from rnnsearch.training.snapshot import TrialSnapshot, snapshots_from_bytes, snapshots_to_bytes
from rnnsearch.training.trained import TrainedModel

torch.set_num_threads(1)

EPOCHS = 6


@cache
def table() -> str:
    """62 noisy walks of 2 to 9 steps, up or down."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "walks.csv"
    draw = np.random.default_rng(1)
    rows = ["walk,a,way,end"]
    for walk in range(62):
        up = walk % 2 == 0
        steps = int(draw.integers(2, 10))
        values = np.cumsum(draw.normal(0.3 if up else -0.3, 1.0, steps))
        tail = f"{'up' if up else 'down'},{values[-1]:.3f}"
        rows += [f"w{walk},{value:.4f},{tail}" for value in values]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@cache
def panel() -> str:
    """13 noisy walks in two columns, of 14 to 25 rows, each at a level of its own."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "panel.csv"
    draw = np.random.default_rng(3)
    rows = ["walk,a,b"]
    for walk in range(13):
        values = np.cumsum(draw.normal(0.2, 1.0, (int(draw.integers(14, 26)), 2)), axis=0)
        rows += [f"w{walk},{a + 10 * walk:.4f},{b:.4f}" for a, b in values.tolist()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@cache
def sums() -> str:
    """40 padded sequences of 2 to 6 time steps, and whether their sum is above 0."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "sums.npz"
    draw = np.random.default_rng(4)
    parts: dict[str, Any] = {}
    for part, count in (("train", 32), ("val", 8), ("test", 6)):
        x, lengths = draw.normal(size=(count, 6, 2)), draw.integers(2, 7, count)
        totals = [one[:end].sum() for one, end in zip(x, lengths, strict=True)]
        parts |= {f"{part}_x": x, f"{part}_lengths": lengths}
        parts[f"{part}_y"] = np.where(np.array(totals) > 0, "up", "down")
    np.savez(path, **parts)
    return str(path)


@cache
def frames() -> str:
    """40 sequences of 3 to 9 frames of 4 events, and no validation part."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "frames.npz"
    draw = np.random.default_rng(2)
    parts: dict[str, Any] = {}
    for part, count in (("train", 40), ("test", 5)):
        lengths = draw.integers(3, 10, count)
        parts[part] = (draw.random((lengths.sum(), 4)) < 0.3).astype(np.uint8)
        parts[f"{part}_lengths"] = lengths
    np.savez(path, **parts)
    return str(path)


COLUMNS: dict[str, Any] = {
    "path": table(),
    "id": "walk",
    "features": ("a",),
    "validation": GroupedConfig(folds=3),
}
TASKS = {
    "labels": LabelsConfig(label="way", **COLUMNS),
    "tags": TagsConfig(label="way", **COLUMNS),
    "value": ValueConfig(target="end", **COLUMNS),
    "arrays": ArraysConfig(path=sums(), validation=ValidationConfig(folds=3)),
    "series": SeriesConfig(
        path=panel(),
        id="walk",
        targets=("a", "b"),
        context=4,
        horizon=2,
        scaler="standard",
        validation=SeriesValidation(folds=3),
    ),
    "events": EventsConfig(path=frames(), validation=ValidationConfig(folds=3)),
}


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


def without_folds(task: Any) -> Any:
    return replace(task, validation=type(task.validation)())


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


def test_folds_need_sequences(tmp_path: Path) -> None:
    rows = ["id,x,label"]
    rows += [f"s{number},{number},{'ab'[number % 2]}" for number in range(6)]
    path = tmp_path / "few.csv"
    path.write_text("\n".join([*rows, "last,9,c"]) + "\n", encoding="utf-8")
    none = TableSplitConfig(train=0.9, val=0.1, test=0.0)
    few: dict[str, Any] = {"path": str(path), "id": "id", "features": ("x",), "split": none}
    with pytest.raises(DataError, match=r"at most task\.validation\.folds: 7"):
        load_data(LabelsConfig(validation=GroupedConfig(folds=8), **few))
    with pytest.raises(DataError, match="all 1 sequences of the class 'c' are in one fold"):
        load_data(LabelsConfig(validation=GroupedConfig(folds=3), **few))
    with pytest.raises(DataError, match="must be 0 for none, or at least 2"):
        load_data(LabelsConfig(validation=GroupedConfig(folds=1), **few))


def test_a_batch_must_fit_into_what_a_fold_leaves() -> None:
    task = TASKS["labels"]
    data = load_data(task)
    assert data.rows()["train"] == 56
    pack = pack_of({task: data})
    config = trial(task)
    pack.add("0", replace(config, training=replace(config.training, batch_size=40)))
    (refusal,) = drain(pack, {}).refusals
    assert "at most training.batch_size: 37" in refusal.reason


def test_equal_sequences_share_a_fold_and_classes_are_spread() -> None:
    keys = [n % 20 for n in range(60)]
    classes = np.array([n % 20 // 10 for n in range(60)])
    folds = drawn_folds(keys, classes, 5, 0)
    assert sorted(np.concatenate(folds).tolist()) == list(range(60))
    for fold in folds:
        own = {keys[at] for at in fold.tolist()}
        assert len(fold) == 12 == 3 * len(own)
        assert np.bincount(classes[fold]).tolist() == [6, 6]
    assert any((a != b).any() for a, b in zip(folds, drawn_folds(keys, classes, 5, 1), strict=True))


@pytest.mark.parametrize("name", TASKS)
def test_baselines_are_scored_fold_by_fold(name: str) -> None:
    data: Any = load_data(TASKS[name])
    of_folds = [data.fold(number)[0].baselines() for number in range(3)]
    plain = replace(data, fold_numbers=()).baselines()
    for number, one in enumerate(data.baselines()):
        for metric in data.metrics():
            values = [scores[number].metrics[metric.name] for scores in of_folds]
            assert one.metrics[metric.name] == pytest.approx(sum(values) / 3)
            tested = metric.name.replace("val_", "test_")
            assert one.metrics[tested] == plain[number].metrics[tested]
        assert one.note.endswith("; mean of 3 folds")
    assert all("the mean of 3" in metric.meaning for metric in data.metrics())


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


def test_a_small_validation_part_is_told_of_folds() -> None:
    plain = load_data(without_folds(TASKS["labels"]))
    (note,) = [note for note in plain.notes() if "validation part holds" in note]
    assert "holds 6 sequences" in note
    assert "an accuracy by up to 0.40 (95 %): task.validation: {folds: 5}" in note
    assert not any("part holds" in note for note in load_data(TASKS["labels"]).notes())


def test_folds_of_parts_that_are_given(tmp_path: Path) -> None:
    """A validation part that is given joins the training part, and the test part stays."""
    rows = ["id,x,way,part"]
    for number in range(30):
        part = ("train", "train", "val", "test", "train")[number % 5]
        rows.append(f"s{number},{number},{'ab'[number % 2]},{part}")
    path = tmp_path / "given.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    task = LabelsConfig(
        path=str(path),
        id="id",
        features=("x",),
        label="way",
        split=TableSplitConfig(column="part"),
        validation=GroupedConfig(folds=4),
    )
    data = load_data(task)
    assert data.rows() == {"train": 24, "test": 6}
    assert not any("is taken for it" in note for note in data.notes())
    assert any("validated on 4 folds of the 24 sequences" in note for note in data.notes())
