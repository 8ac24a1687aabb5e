"""Weights of classes and of sequences: in the loss as torch has them, and in what is learned."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

import numpy as np
import pytest
import torch
from contracts.packs import relative
from contracts.plain_torch import PlainTorch
from torch.nn import functional

from rnnsearch.errors import PackError
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.class_measures import balanced
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.splits import TableSplitConfig
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig
from rnnsearch.testing.waves import WaveData, drain
from rnnsearch.training.codec import config_from_json, config_to_json
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.losses import LossShape, loss_shape, losses_and_gradients
from rnnsearch.training.pack import Pack

torch.set_num_threads(1)


@cache
def table() -> str:
    """120 noisy walks of 2 to 9 steps; every tenth goes up, and has the weight 3."""
    path = Path(mkdtemp(prefix="rnnsearch-weights-")) / "walks.csv"
    draw = np.random.default_rng(1)
    rows = ["walk,a,way,end,w"]
    for walk in range(120):
        up = walk % 10 == 0
        steps = int(draw.integers(2, 10))
        values = np.cumsum(draw.normal(0.3 if up else -0.3, 1.0, steps))
        tail = f"{'up' if up else 'down'},{values[-1]:.3f},{3 if up else 1}"
        rows += [f"w{walk},{value:.4f},{tail}" for value in values]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


COLUMNS: dict[str, Any] = {"path": table(), "id": "walk", "features": ("a",)}
TASKS = {
    "labels": LabelsConfig(label="way", **COLUMNS),
    "labels, weighted": LabelsConfig(label="way", sample_weight="w", **COLUMNS),
    "tags, weighted": TagsConfig(label="way", sample_weight="w", **COLUMNS),
    "value, weighted": ValueConfig(target="end", sample_weight="w", **COLUMNS),
}


@pytest.mark.parametrize("padded", [False, True], ids=["full", "padded"])
def test_a_weighted_loss_and_its_gradient_are_torchs(padded: bool) -> None:
    draw = torch.Generator().manual_seed(3)
    outputs = torch.randn(2, 4, 3, 5, generator=draw, dtype=torch.float64)
    targets = torch.randint(5, (2, 4, 3), generator=draw)
    weights = torch.rand(2, 4, 3, generator=draw, dtype=torch.float64)
    classes = (0.5, 2.0, 0.0, 1.0, 3.0)
    valid = torch.ones(2, 4, 3, dtype=torch.bool)
    given = outputs.clone(), targets.clone(), weights.clone()
    if padded:
        valid[0, 2:, 1] = False
        given[0][~valid], given[1][~valid], given[2][~valid] = torch.nan, -100, torch.nan
    loss = LossShape("cross_entropy", class_weights=classes)
    losses, gradients = losses_and_gradients(loss, *given[:2], valid if padded else None, given[2])
    for k in range(2):
        single = outputs[k].clone().requires_grad_()
        each = functional.cross_entropy(
            single[valid[k]],
            targets[k][valid[k]],
            weight=torch.tensor(classes, dtype=torch.float64),
            reduction="none",
        )
        expected = (each * weights[k][valid[k]]).sum() / valid[k].sum()
        (gradient,) = torch.autograd.grad(expected, single)
        assert float(losses[k]) == pytest.approx(float(expected.detach()), rel=1e-12)
        torch.testing.assert_close(gradients[k], gradient)


@pytest.mark.parametrize("name", TASKS)
def test_packs_train_with_weights_as_torch_does(name: str) -> None:
    task = TASKS[name]
    data = load_data(task)
    weighs = None if name.startswith("value") else "balanced"
    how = TrainingConfig(
        learning_rate=0.05,
        batch_size=7,
        steps_per_epoch=1,
        max_epochs=12,
        dtype="float64",
        class_weights=weighs,
    )
    model = ModelConfig(cell="gru", hidden_size=5)
    config = TrialConfig(task=task, model=model, training=how, seed=4)
    metric = data.metrics()[0]
    pack = Pack({task: data}, objective=metric.name, goal=metric.goal)
    pack.add("one", config)
    other = TrainingConfig(batch_size=7, steps_per_epoch=1, max_epochs=12, dtype="float64")
    pack.add("two", TrialConfig(task=task, model=model, training=other, seed=5))
    reports = drain(pack, {"one": 12, "two": 12}).reports
    ours = [report.metrics["train_loss"] for report in reports if report.trial_id == "one"]
    plain = PlainTorch(config, build_task(task, data, torch.device("cpu"), torch.float64))
    assert relative(ours, plain.losses(12)) < 1e-9


def test_balanced_classes_have_the_same_share_of_the_loss() -> None:
    assert balanced([10, 30, 0]) == (2.0, 40 / 60, 0.0)
    weights = balanced([3, 5, 9])
    assert [w * n for w, n in zip(weights, [3, 5, 9], strict=True)] == pytest.approx([17 / 3] * 3)


def test_classes_weigh_as_the_file_says_with_a_mean_of_one() -> None:
    task = TASKS["labels"]
    data = load_data(task)
    counts = np.bincount(data.labels["train"])
    how = TrainingConfig(class_weights=(("up", 3.0),))
    down, up = loss_shape(how, data).class_weights
    assert up == pytest.approx(3 * down)
    assert down * counts[0] + up * counts[1] == pytest.approx(counts.sum())
    config = TrialConfig(task=task, model=ModelConfig(), training=how, seed=0)
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config


def test_balanced_classes_raise_the_macro_f1_of_an_uneven_set(tmp_path: Path) -> None:
    """Of 400 sequences 25 each are of two rare classes. Without weights everything is still called
    common after two epochs."""
    draw = np.random.default_rng(0)
    rows = ["id,x,label"]
    for number in range(400):
        side = {0: -1.6, 1: 1.6}.get(number % 16, 0.0)
        name = {-1.6: "low", 0.0: "middle", 1.6: "high"}[side]
        rows += [f"s{number},{side + draw.normal():.4f},{name}" for _ in range(4)]
    path = tmp_path / "uneven.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    half = TableSplitConfig(train=0.5, val=0.5, test=0.0)
    task = LabelsConfig(path=str(path), id="id", features=("x",), split=half)
    data = load_data(task)
    assert any("training.class_weights: balanced" in note for note in data.notes())
    pack = Pack({task: data}, objective="train_loss")
    weighings: tuple[Literal["balanced"] | None, ...] = (None, "balanced")
    for name in weighings:
        how = TrainingConfig(learning_rate=0.01, batch_size=8, max_epochs=2, class_weights=name)
        model = ModelConfig(cell="gru", hidden_size=8)
        pack.add(str(name), TrialConfig(task=task, model=model, training=how, seed=0))
    reports = drain(pack, {"None": 2, "balanced": 2}).reports
    last = {one.trial_id: one.metrics["val_macro_f1"] for one in reports if one.epoch == 2}
    assert last["balanced"] > last["None"] + 0.2


def test_what_weighs_nothing_is_not_learned(tmp_path: Path) -> None:
    """Half of the sequences have a wrong number and the weight 0."""
    draw = np.random.default_rng(2)
    rows = ["run,x,life,trust"]
    for run in range(80):
        value, wrong = draw.normal(), run % 2
        life = -5 * value if wrong else 5 * value
        rows += [f"r{run},{value:.5f},{life:.5f},{1 - wrong}"] * 3
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    errors = {}
    for trust in (None, "trust"):
        task = ValueConfig(
            path=str(path), id="run", features=("x",), target="life", sample_weight=trust
        )
        data = load_data(task)
        pack = Pack({task: data}, objective="train_loss")
        how = TrainingConfig(learning_rate=0.02, batch_size=8, max_epochs=30)
        model = ModelConfig(cell="rnn", hidden_size=8)
        pack.add("one", TrialConfig(task=task, model=model, training=how, seed=0))
        errors[trust] = pack.train({"one": 30}, math.inf).reports[-1].metrics["train_loss"]
        if trust:
            assert any("by the column 'trust'" in note for note in data.notes())
    assert errors[None] > 0.5  # of a deviation of 1
    assert errors["trust"] < 0.05


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1", "2"], "several weights"),
        (["-1", "-1"], "'-1' is no weight, which is a number of at least 0"),
        (["heavy", "heavy"], "'heavy' is no weight"),
        (["inf", "inf"], "'inf' is no weight"),
        (["0", "0"], "is 0 in the whole training part"),
    ],
)
def test_what_is_no_weight_is_refused(tmp_path: Path, cells: list[str], said: str) -> None:
    rows = ["id,x,label,w"]
    for number in range(12):
        for step in range(2):
            rows.append(f"s{number},{number}.{step},{'ab'[number % 2]},{cells[step]}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(Exception, match=said):
        load_data(LabelsConfig(path=str(path), id="id", features=("x",), sample_weight="w"))


def test_classes_cannot_be_weighted_where_there_are_none() -> None:
    with pytest.raises(PackError, match="has not one class for each answer"):
        loss_shape(TrainingConfig(class_weights="balanced"), WaveData())


def test_generated_sequences_have_no_column_of_weights() -> None:
    from rnnsearch.tasks.labels.config import problems

    config = LabelsConfig(generated=GeneratedConfig(rule="random"), sample_weight="w")
    assert problems(config) == [
        ("sample_weight", "names a column, and generated sequences have none.")
    ]


def test_a_custom_loss_weighs_by_itself() -> None:
    mine = TrainingConfig(loss="mine:loss", class_weights="balanced")
    with pytest.raises(PackError, match="goes with cross_entropy, not with your loss"):
        loss_shape(mine, load_data(TASKS["labels"]))
    ones = torch.ones(1, 2, 3)
    with pytest.raises(PackError, match="does not go with a loss of your own"):
        losses_and_gradients(LossShape("mine:loss"), ones[..., None], ones[..., None], None, ones)
