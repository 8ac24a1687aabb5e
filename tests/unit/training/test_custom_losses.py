"""Losses that a person brought: each trial's own mean, whatever stands beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.errors import ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.data import EventsData
from rnnsearch.testing.waves import (
    SYMBOLS,
    WaveData,
    add_all,
    alone,
    curve,
    drain,
    neighbours,
    trial,
    wave_pack,
)
from rnnsearch.training.checkpoint import Checkpoint
from rnnsearch.training.codec import config_from_json, config_to_json, custom_classes
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.custom_losses import try_loss
from rnnsearch.training.losses import LossShape, losses_and_gradients
from rnnsearch.training.pack import Pack
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes

HERE = "unit.training.test_custom_losses"
K, T, B, OUTPUTS = 3, 5, 2, 6


def skewed(outputs: Tensor, targets: Tensor) -> Tensor:
    """Errors above count more; no loss of ours is so."""
    return (torch.exp(outputs - targets) - (outputs - targets)).mean()


def of_sequences(outputs: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """`skewed` of the time steps before the ends; what lies behind them must not matter."""
    valid = torch.arange(outputs.shape[1]) < lengths.unsqueeze(1)
    return skewed(outputs[valid], targets[valid])


def scalar(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.mse_loss(outputs, targets).reshape(1)


def rows_wise(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().mean(1)


def cut_off(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.mse_loss(outputs.detach(), targets)


def stumbling(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs @ targets


def lifted(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.mse_loss(outputs.double(), targets.double())


class Folded(torch.nn.Module):
    def forward(self, outputs: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
        return of_sequences(outputs, targets, lengths)


folded = Folded()


def drawn() -> tuple[Tensor, Tensor, Tensor]:
    dice = torch.Generator().manual_seed(3)
    outputs, targets = torch.randn(2, K, T, B, OUTPUTS, generator=dice, dtype=torch.float64)
    valid = torch.ones(K, T, B, dtype=torch.bool)
    valid[0, 3:, 0] = valid[1, 1:, 1] = valid[1, 4:, 0] = False
    return outputs, targets, valid


@pytest.mark.parametrize("padded", [False, True], ids=["full", "padded"])
@pytest.mark.parametrize("name", ["skewed", "of_sequences", "folded"])
def test_each_trial_gets_the_gradient_of_its_own_mean(name: str, padded: bool) -> None:
    outputs, targets, valid = drawn()
    spoiled = outputs.clone(), targets.clone()
    if padded:
        for one in spoiled:
            one[~valid] = torch.nan
    shape = LossShape(f"{HERE}:{name}")
    losses, gradients = losses_and_gradients(shape, *spoiled, valid if padded else None)
    for k in range(K):
        single = outputs[k].clone().requires_grad_()
        which = valid[k] if padded else torch.ones(T, B, dtype=torch.bool)
        wanted = skewed(single[which], targets[k][which])
        (gradient,) = torch.autograd.grad(wanted, single)
        assert abs(float(losses[k]) - float(wanted.detach())) < 1e-12
        assert float((gradients[k] - gradient).abs().max()) < 1e-12


def test_classes_are_given_as_torch_takes_them_and_no_row_costs_nothing() -> None:
    outputs, _, valid = drawn()
    valid[2] = False
    classes = torch.randint(OUTPUTS, (K, T, B), generator=torch.Generator().manual_seed(1))
    given = outputs, classes, valid
    ours = losses_and_gradients(LossShape("cross_entropy"), *given)
    theirs = losses_and_gradients(LossShape("torch.nn.functional:cross_entropy"), *given)
    for one, other in zip(ours, theirs, strict=True):
        assert float((one - other).abs().max()) < 1e-12
    assert float(theirs[0][2]) == 0


@pytest.mark.parametrize("cell", ["lstm", "minlstm", "rnnsearch.testing.cells:PlainCell"])
def test_torchs_own_mean_trains_as_ours_does(cell: str) -> None:
    theirs = trial(model={"cell": cell}, loss="torch.nn.functional:mse_loss", carry_state=True)
    ours = replace(theirs, training=replace(theirs.training, loss="mse"))
    for one, other in zip(alone(ours), alone(theirs), strict=True):
        for name, value in one.items():
            assert other[name] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("task", [SYMBOLS, None])
def test_the_same_bits_beside_others_and_after_a_move(task: Any) -> None:
    torch.set_num_threads(1)
    more = {"task": task} if task else {}
    name = "torch.nn.functional:cross_entropy" if task else f"{HERE}:of_sequences"
    config = trial(model={"num_layers": 2, "dropout": 0.2}, loss=name, batch_size=3, **more)
    wanted = alone(config)
    pack = wave_pack()
    for place, other in neighbours(config).items():
        pack.add(place, other)
    pack.add("trial", config)
    got = curve(drain(pack, dict.fromkeys(pack.roster, 1)))
    other_pack = wave_pack()
    add_all(other_pack, snapshots_from_bytes(snapshots_to_bytes(pack.state())))
    got += curve(drain(other_pack, {"trial": 2}))
    assert got == wanted


@pytest.mark.parametrize("name", ["skewed", "of_sequences"])
def test_a_longer_batch_beside_it_changes_no_bit_of_a_trial(tmp_path: Any, name: str) -> None:
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    lengths = [*range(40, 60), 300, 310, 700, 710]
    pieces = np.concatenate([(draw.random((n, 30)) < 0.2).astype(np.uint8) for n in lengths])
    path = tmp_path / "pieces.npz"
    np.savez(path, train=pieces, train_lengths=lengths, val=pieces[:40], val_lengths=[40])
    task = EventsConfig(path=str(path))
    data = EventsData.read(task)
    how = TrainingConfig(learning_rate=0.01, batch_size=2, max_epochs=1, loss=f"{HERE}:{name}")
    model = ModelConfig(cell="lstm", hidden_size=16)
    curves = []
    for seeds in ((1,), (0, 1, 2, 3)):
        pack = Pack({task: data}, objective="val_nll")
        for seed in seeds:
            pack.add(str(seed), TrialConfig(task=task, model=model, training=how, seed=seed))
        curves += curve(drain(pack, dict.fromkeys(pack.roster, 1)), "1")
    assert len(curves) == 2
    assert curves[0] == curves[1]


def test_the_records_say_so_and_no_kernel_takes_whole_steps() -> None:
    pack = wave_pack()
    pack.add("trial", trial(loss=f"{HERE}:skewed"))
    drain(pack, {"trial": 1})
    assert pack.kernels["trial"].endswith(", own loss")
    assert "whole steps" not in pack.kernels["trial"]


def test_a_model_that_it_trained_is_loaded_without_it(tmp_path: Any) -> None:
    pack = wave_pack()
    config = trial(loss=f"{HERE}:skewed")
    pack.add("trial", config)
    drain(pack, {"trial": 1})
    weights = pack.remove("trial")
    assert weights is not None
    gone = config_to_json(config) | {"task": {"type": "sine"}}
    gone["training"]["loss"] = "long_gone:loss"
    assert custom_classes(gone) == []
    read = config_from_json(gone)
    assert read.training.loss == "long_gone:loss"
    Checkpoint.from_weights(read, weights, WaveData()).save(tmp_path / "model")
    assert Checkpoint.load(tmp_path / "model").config == read


def test_a_stored_loss_that_nobody_knows_is_refused() -> None:
    stored = config_to_json(trial()) | {"task": {"type": "sine"}}
    stored["training"]["loss"] = "msee"
    with pytest.raises(ModelError, match="'msee' is not 'mse'"):
        config_from_json(stored)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rows_wise", r"gives a tensor of shape \(11,\) and not one number"),
        ("cut_off", "no gradient leads back from"),
        ("lifted", "in torch.float64 and not in torch.float32"),
        ("stumbling", r"outputs \(11, 1\), targets \(11, 1\), raised RuntimeError: .*stumbling"),
        ("Folded", "is a class, and a loss is a function"),
        ("K", "cannot be called"),
        ("nowhere", "has no nowhere. Write package.module:function"),
    ],
)
def test_what_a_loss_does_wrong_is_said_with_its_call(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=f"(?s){HERE}.*{words}"):
        try_loss(f"{HERE}:{name}", WaveData())


@pytest.mark.parametrize("name", ["scalar", "skewed", "of_sequences"])
def test_a_good_loss_is_taken(name: str) -> None:
    try_loss(f"{HERE}:{name}", WaveData())
