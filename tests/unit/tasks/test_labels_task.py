"""The labels task on a device: batches, scores, what it shows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
import torch
from contracts.padded_tasks import PaddedTaskContract
from torch import Tensor

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.class_measures import measures
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.labels.data import LabelsData
from rnnsearch.tasks.labels.task import LabelsTask
from rnnsearch.testing.tasks import CPU, TaskContract, networks
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

torch.set_num_threads(1)

WINDOWS = (Window(1), Window(4), Window(5, steps_per_epoch=3))


@cache
def folder() -> Path:
    """Words of three made languages, of one to twelve letters."""
    root = Path(mkdtemp(prefix="rnnsearch-labels-"))
    draw = np.random.default_rng(0)
    for name, letters, count in (("ab", "abe", 40), ("no", "nop", 25), ("xy", "xye", 12)):
        words = {
            "".join(draw.choice(list(letters), size=draw.integers(1, 13))) for _ in range(count)
        }
        (root / f"{name}.txt").write_text("\n".join(sorted(words)) + "\n", encoding="utf-8")
    return root


@cache
def table() -> Path:
    """Walks up and down of two columns, of 1 to 9 steps, their rows mixed."""
    path = Path(mkdtemp(prefix="rnnsearch-labels-")) / "walks.csv"
    draw = np.random.default_rng(1)
    rows = []
    for walk in range(60):
        slope = 1 if walk % 3 else -1
        for step in range(draw.integers(1, 10)):
            values = f"{slope * step + draw.normal():.4f},{draw.normal():.4f}"
            rows.append(f"w{walk},{step},{values},{'up' if slope > 0 else 'down'}")
    draw.shuffle(rows)
    path.write_text("\n".join(["walk,t,a,b,way", *rows]) + "\n", encoding="utf-8")
    return path


WALKS = {"id": "walk", "time": "t", "features": ("a", "b"), "label": "way"}


class TestWords(PaddedTaskContract):
    config = LabelsConfig(path=str(folder()))
    windows = WINDOWS


class TestWalks(PaddedTaskContract):
    config = LabelsConfig(path=str(table()), **WALKS)
    windows = WINDOWS


class TestCutWalks(PaddedTaskContract):
    config = LabelsConfig(path=str(table()), max_length=4, scaler="minmax", **WALKS)
    windows = WINDOWS


class TestGenerated(TaskContract):
    config = LabelsConfig(
        generated=GeneratedConfig(rule="random", count=11, held_out=30, length=4, num_features=2)
    )
    windows = WINDOWS


class Knowing:
    """Two networks that ignore their inputs: the first always says class 0, the second class 1.

    The logit of that class is 5, those of the others are 0.
    """

    size = 2
    device = CPU
    dtype = torch.float32

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits = torch.zeros(2, 1, lengths.shape[1], self.classes)
        logits[0, :, :, 0] = 5.0
        logits[1, :, :, 1] = 5.0
        return logits, (torch.zeros(2, 1, lengths.shape[1], 3),)


def task_of(config: LabelsConfig) -> LabelsTask:
    return LabelsTask(config, LabelsData.read(config), CPU, torch.float32)


def test_metrics_are_those_of_a_plain_loop() -> None:
    task = task_of(TestWords.config)
    labels = task.data.labels["val"]
    found = task.evaluate(Knowing(3), "val", None)  # type: ignore[arg-type]
    for network in (0, 1):
        share = float((labels == network).mean())
        assert float(found["val_accuracy"][network]) == pytest.approx(share)
        f1 = 2 * share / (1 + share)  # precision is the share, recall is 1; the others are 0
        assert float(found["val_macro_f1"][network]) == pytest.approx(f1 / 3)
        top = 5 - np.log(np.exp(5) + 2)
        nats = -(share * top + (1 - share) * (top - 5))
        assert float(found["val_nats"][network]) == pytest.approx(nats)


def test_macro_f1_weighs_classes_alike() -> None:
    counts = np.array([[90, 0, 0], [5, 5, 0], [2, 0, 0]])
    found = measures(counts)
    assert found["accuracy"] == pytest.approx(95 / 102)
    assert found["macro_f1"] == pytest.approx((180 / 187 + 10 / 15 + 0) / 3)


def test_batches_hold_sequences_with_their_labels() -> None:
    task = task_of(TestWords.config)
    data = task.data
    index = torch.tensor([[4, 0, -1]])
    batch = task.gather(index, Window(3))
    assert batch.lengths is not None
    assert batch.lengths[0, 2] == 0
    for place, number in enumerate((4, 0)):
        length = int(batch.lengths[0, place])
        symbols = batch.inputs[0, :length, place].tolist()
        assert symbols == data.sequences["train"][number].tolist()
        assert not batch.inputs[0, length:, place].any()
        assert int(batch.targets[0, 0, place]) == data.labels["train"][number]


def test_it_shows_examples_and_a_confusion_matrix() -> None:
    task = task_of(TestWords.config)
    many = networks(task.data, 1, head="last")
    lines = task.say(many).splitlines()
    assert len(lines) == min(8, task.data.rows()["val"])
    assert all("right" in line or "it is" in line for line in lines)
    picture = task.picture(many)
    assert picture["classes"].tolist() == ["ab", "no", "xy"]
    counts = picture["confusion"]
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(task.data.labels["val"]))
    accuracy = float(task.evaluate(many, "val", None)["val_accuracy"])
    assert counts.diagonal().sum() / counts.sum() == pytest.approx(accuracy)


@pytest.fixture(scope="module")
def tutorial() -> dict[str, list[dict[str, float]]]:
    """By rule, the metrics of each of 12 epochs of an LSTM on generated sequences.

    Their labels are random, or the sign of the last value.
    """
    found = {}
    for rule in ("random", "sign_of_last"):
        config = LabelsConfig(generated=GeneratedConfig(rule=rule))  # type: ignore[arg-type]
        data = LabelsData.read(config)
        pack = Pack({config: data}, objective="val_accuracy", goal="maximize")
        model = ModelConfig(cell="lstm", hidden_size=64)
        training = TrainingConfig(learning_rate=0.001, batch_size=32, max_epochs=12)
        pack.add("one", TrialConfig(task=config, model=model, training=training, seed=0))
        step = pack.train({"one": 12}, float("inf"))
        found[rule] = [dict(report.metrics) for report in step.reports]
    return found


def test_random_labels_cannot_be_learned(tutorial: dict[str, list[dict[str, float]]]) -> None:
    curve = tutorial["random"]
    accuracy = [metrics["val_accuracy"] for metrics in curve]
    assert max(abs(share - 0.5) for share in accuracy) < 0.04  # 3.5 deviations of 2,000
    assert min(metrics["val_nats"] for metrics in curve) > 0.69
    assert curve[-1]["train_loss"] < curve[0]["train_loss"] - 0.005  # it learns by heart


def test_the_sign_of_the_last_value_is_learned(tutorial: dict[str, list[dict[str, float]]]) -> None:
    assert tutorial["sign_of_last"][-1]["val_accuracy"] > 0.96


def test_labels_that_are_noise_are_called_so() -> None:
    data = LabelsData.read(LabelsConfig(generated=GeneratedConfig(rule="random")))
    assert any("nothing can be learned" in note for note in data.notes())
    majority, logistic = data.baselines()
    assert "0.022 either way" in majority.note
    assert abs(logistic.metrics["test_accuracy"] - 0.5) < 0.05
    twin = LabelsData.read(LabelsConfig(generated=GeneratedConfig(rule="sign_of_last")))
    assert not twin.notes()
    assert twin.baselines()[1].metrics["test_accuracy"] > 0.95
