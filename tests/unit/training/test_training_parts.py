"""Optimizers, losses, dropout, layout and the choice of kernels, each against torch itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.weights import weight_shapes
from rnnsearch.training import draws
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.kernels.base import LayerShape
from rnnsearch.training.kernels.choice import choose
from rnnsearch.training.layout import layout_of, padded_size
from rnnsearch.training.optimizers import (
    clip_,
    corrections,
    settings,
    update_,
)

FAMILIES = {
    "adam": [
        TrainingConfig(optimizer="adam", learning_rate=1e-2),
        TrainingConfig(optimizer="adamw", learning_rate=3e-3, weight_decay=0.2, beta1=0.5),
        TrainingConfig(optimizer="adam", learning_rate=1e-1, weight_decay=0.1, beta2=0.9),
        TrainingConfig(optimizer="adam", learning_rate=1e-2, clip_norm=0.5),
    ],
    "sgd": [
        TrainingConfig(optimizer="sgd", learning_rate=1e-2),
        TrainingConfig(optimizer="sgd", learning_rate=1e-1, momentum=0.9, clip_norm=1.0),
        TrainingConfig(optimizer="sgd", learning_rate=1e-2, momentum=0.5, weight_decay=0.3),
        TrainingConfig(optimizer="sgd", learning_rate=1e-2, clip_value=0.5, clip_norm=2.0),
    ],
    "rmsprop": [
        TrainingConfig(optimizer="rmsprop", learning_rate=1e-2),
        TrainingConfig(optimizer="rmsprop", learning_rate=1e-3, momentum=0.9, alpha=0.9),
        TrainingConfig(optimizer="rmsprop", learning_rate=1e-2, weight_decay=0.2, clip_value=1.0),
    ],
}


def torch_optimizer(how: TrainingConfig, leaf: torch.Tensor) -> torch.optim.Optimizer:
    if how.optimizer == "sgd":
        return torch.optim.SGD(
            [leaf], how.learning_rate, momentum=how.momentum, weight_decay=how.weight_decay
        )
    if how.optimizer == "rmsprop":
        return torch.optim.RMSprop(
            [leaf],
            how.learning_rate,
            alpha=how.alpha,
            momentum=how.momentum,
            weight_decay=how.weight_decay,
        )
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[how.optimizer]
    betas = (how.beta1, how.beta2)
    return kind([leaf], how.learning_rate, betas=betas, weight_decay=how.weight_decay)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("family", FAMILIES)
def test_each_row_follows_its_own_torch_optimizer(family, dtype):
    configs = FAMILIES[family]
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(len(configs), 37, generator=generator, dtype=dtype)
    leaves = [row.clone().requires_grad_() for row in start]
    theirs = [torch_optimizer(how, leaf) for how, leaf in zip(configs, leaves, strict=True)]
    ours, first, second = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    powers = torch.ones(len(configs), 2, dtype=torch.float64)
    how = settings(configs, torch.device("cpu"), dtype)
    ahead = None
    for step in range(50):
        if step % 20 == 0:  # planned in blocks of twenty, as a stack does
            ahead = corrections(how, powers, 20, dtype)
            powers = ahead.powers[20]
        gradients = torch.randn(start.shape, generator=generator, dtype=dtype) * 10.0 ** (step % 3)
        for config, leaf, optimizer, row in zip(configs, leaves, theirs, gradients, strict=True):
            leaf.grad = row.clone()
            if config.clip_value is not None:
                torch.nn.utils.clip_grad_value_([leaf], config.clip_value)
            if config.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_([leaf], config.clip_norm)
            optimizer.step()
        clip_(gradients, how)
        moments = None if family == "sgd" else second
        update_(how, ours, gradients, first, moments, ahead, step % 20)
        wanted = torch.stack([leaf.detach() for leaf in leaves])
        tolerance = 1e-6 if dtype is torch.float32 and step < 5 else 2e-5
        tolerance = 1e-12 if dtype is torch.float64 else tolerance
        assert float(((ours - wanted) / (wanted.abs() + 0.1)).abs().max()) < tolerance


def test_nothing_runs_that_nobody_needs():
    how = settings([TrainingConfig()], torch.device("cpu"), torch.float32)
    assert how.l2 is how.decay is how.clip_norm is how.clip_value is how.momentum is None


def test_a_large_bound_clips_nothing_and_changes_no_bit():
    gradients = torch.randn(2, 50, generator=torch.Generator().manual_seed(1))
    before = gradients.clone()
    how = settings(
        [TrainingConfig(clip_norm=1.0), TrainingConfig()], torch.device("cpu"), torch.float32
    )
    assert torch.equal(clip_(gradients, how), torch.linalg.vector_norm(before, dim=1))
    assert torch.equal(gradients[1], before[1])
    assert float(gradients[0].norm()) == pytest.approx(1.0, rel=1e-5)


def masks(seeds, step, layer, probabilities, count=200_000):
    chances = torch.tensor(probabilities, dtype=torch.float64)
    steps = torch.full((len(seeds),), step)
    keys = draws.layer_keys(torch.tensor(seeds, dtype=torch.int32), steps, layer)
    elements = draws.element_bits(count, torch.device("cpu"))
    return draws.mask(keys, draws.thresholds(chances), (1 / (1 - chances)).float(), elements)


def test_masks_drop_each_trials_own_share():
    found = masks([1, 2, 3, 4], 7, 0, [0.0, 0.1, 0.5, 0.9])
    assert bool((found[0] == 1).all())
    for row, chance in zip(found[1:], (0.1, 0.5, 0.9), strict=True):
        deviation = (chance * (1 - chance) / 200_000) ** 0.5
        assert abs(float((row == 0).double().mean()) - chance) < 5 * deviation
        assert row.unique().tolist() == pytest.approx([0.0, 1 / (1 - chance)], rel=1e-6)


def test_masks_of_other_seeds_steps_layers_and_elements_are_independent():
    base = masks([1], 7, 0, [0.5])[0] == 0
    others = {
        "seed": masks([2], 7, 0, [0.5])[0] == 0,
        "step": masks([1], 8, 0, [0.5])[0] == 0,
        "layer": masks([1], 7, 1, [0.5])[0] == 0,
        "element": base.roll(1),
        "row": base.roll(64),
    }
    for name, other in others.items():
        agreement = float((base == other).double().mean())
        assert abs(agreement - 0.5) < 5 * 0.5 / 200_000**0.5, name
    again = masks([9, 1], 7, 0, [0.5, 0.5])[1] == 0
    assert torch.equal(base, again)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("size", [1, 11, 16, 33, 70])
def test_packing_and_unpacking_a_row_loses_nothing(cell, size):
    model = ModelConfig(
        cell=cell, hidden_size=size, num_layers=2, input="embedding", embedding_size=3
    )
    weights = initial_weights(model, 7, 5, True, 1)
    layout = layout_of(model, 7, 5, True)
    row = layout.pack(weights)
    back = layout.unpack(row)
    assert list(back) == list(weight_shapes(model, 7, 5, True))
    assert all(torch.equal(back[name], weights[name]) for name in weights)
    kept = sum(int(weight.count_nonzero()) for weight in weights.values())
    assert int(row.count_nonzero()) == kept
    views = layout.views(torch.stack([torch.zeros_like(row), row]))
    assert views["rnn.weight_hh_l1"].shape[-1] == padded_size(size)
    joined = torch.ones(2, layout.size)
    layout.join(views.values(), joined)
    assert torch.equal(joined[1], row)


def test_padding_is_to_sixteen_up_to_256():
    sizes = {1: 16, 16: 16, 17: 32, 63: 64, 64: 64, 65: 80, 100: 112, 256: 256, 257: 257}
    assert {size: padded_size(size) for size in sizes} == sizes


def shape_of(hidden: int, batch: int, cell: str = "lstm", members: int = 1) -> LayerShape:
    return LayerShape(
        cell=cell,
        hidden_size=hidden,
        input_size=1,
        batch_size=batch,
        seq_len=49,
        members=members,
    )


def test_kernels_are_chosen_by_shape_and_never_by_company():
    cpu, single = torch.device("cpu"), torch.float32
    for cell in ("rnn", "gru", "lstm"):
        for hidden in (16, 48, 100, 256, 1024):
            for batch in (1, 16, 128):
                for dtype in (torch.float32, torch.float64):
                    names = {
                        choose(shape_of(hidden, batch, cell, k), cpu, dtype).name for k in (1, 64)
                    }
                    assert len(names) == 1
    assert choose(shape_of(1024, 128), cpu, single).name == "modules"
    assert choose(shape_of(16, 1), cpu, torch.float64).name == "batched"
    assert choose(shape_of(16, 1), torch.device("cuda"), single).name == "batched"


BLOCKED = """
import importlib, pkgutil, sys
for name in ("ray", "optuna", "mlflow"):
    sys.modules[name] = None
import rnnsearch.training, rnnsearch.models, rnnsearch.tasks
for room in (rnnsearch.training, rnnsearch.models, rnnsearch.tasks):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        importlib.import_module(module.name)
        print(module.name)
"""


def test_training_imports_nothing_of_ray_optuna_or_mlflow():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"rnnsearch.training.pack", "rnnsearch.tasks.base"} <= set(done.stdout.split())
