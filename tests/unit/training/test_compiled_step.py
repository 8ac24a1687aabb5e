"""Whole compiled optimizer steps against plain torch, alone and in company."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnsearch.errors import PackError
from rnnsearch.models.config import ModelConfig
from rnnsearch.testing.kernels import layer_of
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.kernels.base import LayerShape
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel
from rnnsearch.training.kernels.compiled.step import CompiledStep
from rnnsearch.training.layout import Layout, layout_of, padded_size

if CompiledKernel().refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)

CELLS = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
STEPS = 20
SEEDS = [8, 9]
"""With some others a relu's input comes within 1e-8 of its kink, and rounding decides its slope."""
# hidden, layers, inputs, outputs, batch, steps: one row; padding, layers and outputs; rows left
# over from tiles and a panel and a half; two panels of outputs; few outputs of fewer than sixteen
# rows; one of more, with tiles of four.
SHAPES = [
    (16, 1, 1, 1, 1, 49),
    (11, 2, 3, 2, 5, 12),
    (40, 3, 17, 20, 7, 9),
    (96, 1, 1, 70, 3, 6),
    (48, 1, 2, 4, 3, 4),
    (80, 1, 4, 1, 6, 7),
]
SETTINGS: dict[str, dict[str, Any]] = {
    "adam": {},
    "adam-decay-clip": {"weight_decay": 0.1, "clip_norm": 0.3, "beta1": 0.5, "beta2": 0.9},
    "adamw-carry": {"optimizer": "adamw", "weight_decay": 0.3, "carry_state": True},
    "sgd": {"optimizer": "sgd"},
    "sgd-momentum": {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.05, "clip_norm": 0.1},
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


class Members:
    """Networks with their modules, rows and data; each draws from its own seed."""

    def __init__(
        self,
        cell: str,
        nonlinearity: str,
        shape: tuple[int, int, int, int, int, int],
        configs: list[TrainingConfig],
        seeds: list[int] | None = None,
        dropout: float = 0.0,
    ) -> None:
        hidden, layers, inputs, outputs, batch, steps = shape
        self.configs = configs
        self.cell = cell
        kinds = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        extra = {"nonlinearity": nonlinearity} if cell == "rnn" else {}
        self.modules = []
        columns: list[tuple[Tensor, Tensor]] = []
        for seed in seeds or range(len(configs)):
            torch.manual_seed(seed)
            parts = {
                "rnn": kinds[cell](inputs, hidden, layers, **extra),
                "head": nn.Linear(hidden, outputs),
            }
            self.modules.append(nn.ModuleDict(parts))
            columns.append(
                (
                    torch.randn(STEPS, steps, batch, inputs),
                    0.3 * torch.randn(STEPS, steps, batch, outputs),
                )
            )
        self.masks: Tensor | None = None
        self.inputs, self.targets = (torch.stack(list(c), 1) for c in zip(*columns, strict=True))
        model = ModelConfig(cell=cell, hidden_size=hidden, num_layers=layers)  # type: ignore[arg-type]
        self.layout: Layout = layout_of(model, inputs, outputs, False)
        rows = [
            self.layout.pack({name: p.detach() for name, p in module.named_parameters()})
            for module in self.modules
        ]
        width = padded_size(hidden)
        self.rows = {"parameters": torch.stack(rows)}
        for name in ("first", "second"):
            self.rows[name] = torch.zeros_like(self.rows["parameters"])
        self.rows["powers"] = torch.ones(len(configs), 2, dtype=torch.float64)
        for name in ("state0", "state1"):
            self.rows[name] = torch.zeros(len(configs), layers, batch, width)
        if dropout:
            torch.manual_seed(7)
            size = (layers - 1, STEPS, len(configs), steps, batch, width)
            self.masks = (torch.rand(size) >= dropout) / (1 - dropout)
        self.kernel = CompiledStep(
            LayerShape(
                cell=cell,
                nonlinearity=nonlinearity,  # type: ignore[arg-type]
                hidden_size=width,
                input_size=inputs,
                batch_size=batch,
                seq_len=steps,
                members=len(configs),
            ),
            layers,
            outputs,
            configs,
        )

    def run(self, *ends: int) -> tuple[Tensor, Tensor]:
        """Losses and norms [STEPS, K], in calls that end before these steps."""
        found = [
            self.kernel.run(
                self.inputs[lo:hi].contiguous(),
                self.targets[lo:hi].contiguous(),
                None if self.masks is None else self.masks[:, lo:hi],
                self.rows,
            )
            for lo, hi in pairwise((0, *ends, STEPS))
        ]
        losses, norms = zip(*found, strict=True)
        return torch.cat(losses), torch.cat(norms)

    def layer(self, module: nn.ModuleDict, number: int) -> nn.Module:
        """One layer of a member's network as a module of its own, sharing its weights."""
        whole = module["rnn"]
        width = whole.hidden_size if number else whole.input_size
        extra = {"nonlinearity": whole.nonlinearity} if self.cell == "rnn" else {}
        layer = type(whole)(width, whole.hidden_size, **extra)
        for name, _ in list(layer.named_parameters()):
            setattr(layer, name, getattr(whole, name.replace("_l0", f"_l{number}")))
        return layer

    def plain(self, member: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """The same of one member by torch alone; its weights are left in the module."""
        how, module = self.configs[member], self.modules[member].to(dtype)
        weights = list(module.parameters())
        rate, decay = how.learning_rate, how.weight_decay
        optimizer: torch.optim.Optimizer
        if how.optimizer == "sgd":
            optimizer = torch.optim.SGD(weights, rate, momentum=how.momentum, weight_decay=decay)
        else:
            kind = torch.optim.AdamW if how.optimizer == "adamw" else torch.optim.Adam
            optimizer = kind(weights, rate, betas=(how.beta1, how.beta2), weight_decay=decay)
        losses, norms = [], []
        layers = [self.layer(module, n) for n in range(module["rnn"].num_layers)]
        states: list[Any] = [None] * len(layers)
        for step, inputs in enumerate(self.inputs[:, member]):
            optimizer.zero_grad()
            current = inputs.to(dtype)
            for number, layer in enumerate(layers):
                current, after = layer(current, states[number])
                if self.masks is not None and number + 1 < len(layers):
                    current = current * self.masks[number, step, member, ..., : current.shape[-1]]
                if how.carry_state:
                    lstm = self.cell == "lstm"
                    states[number] = [x.detach() for x in after] if lstm else after.detach()
            targets = self.targets[step, member].to(dtype)
            loss = nn.functional.mse_loss(module["head"](current), targets)
            loss.backward()
            norms.append(nn.utils.clip_grad_norm_(weights, how.clip_norm or math.inf))
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses), torch.stack(norms)


def configs_of(name: str, members: int = 2) -> list[TrainingConfig]:
    settings = SETTINGS[name]
    return [TrainingConfig(learning_rate=1e-2 / (k + 1), **settings) for k in range(members)]


def apart(ours: Tensor, theirs: Tensor) -> float:
    return float(((ours.double() - theirs).abs() / theirs.abs()).max())


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_losses_norms_and_weights_are_torchs(
    cell: str, nonlinearity: str, shape: tuple[int, int, int, int, int, int], name: str
) -> None:
    compare_with_torch(lambda: Members(cell, nonlinearity, shape, configs_of(name), SEEDS))


@pytest.mark.parametrize("shape", SHAPES[1:3], ids=str)
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_dropout_between_layers_is_torchs(
    cell: str, nonlinearity: str, shape: tuple[int, int, int, int, int, int]
) -> None:
    configs = configs_of("adamw-carry")
    compare_with_torch(lambda: Members(cell, nonlinearity, shape, configs, SEEDS, dropout=0.4))


def compare_with_torch(made: Callable[[], Members]) -> None:
    members = made()
    losses, norms = members.run(7)
    for k in range(2):
        single, _ = members.plain(k, torch.float32)
        fresh = made()
        exact, exact_norms = fresh.plain(k, torch.float64)
        assert apart(losses[:1, k], exact[:1]) < 1e-6
        assert apart(norms[:1, k], exact_norms[:1]) < 1e-5
        # Where torch's own float32 has parted from float64 by more, that is the limit.
        assert apart(losses[:, k], exact) < max(1e-5, 3 * apart(single, exact))
        assert apart(norms[:, k], exact_norms) < 2e-3
        own = members.layout.unpack(members.rows["parameters"][k])
        for weight, parameter in fresh.modules[k].named_parameters():
            assert float((own[weight] - parameter.detach()).abs().max()) < 2e-3
        assert float(exact[-1]) != float(exact[0])


@pytest.mark.parametrize("name", ["adamw-carry", "sgd-momentum"])
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_neither_company_nor_the_division_into_calls_changes_a_bit(
    cell: str, nonlinearity: str, name: str
) -> None:
    shape = SHAPES[1]
    config = TrainingConfig(learning_rate=1e-2, **SETTINGS[name])
    alone = Members(cell, nonlinearity, shape, [config], seeds=[5])
    expected = alone.run()
    wild = TrainingConfig(learning_rate=1e6, optimizer=config.optimizer)
    for place, count, ends in ((0, 3, (1, 2)), (3, 8, ()), (63, 64, (13,))):
        configs, seeds = [wild] * count, list(range(100, 100 + count))
        configs[place], seeds[place] = config, 5
        crowd = Members(cell, nonlinearity, shape, configs, seeds)
        crowd.inputs[2:, place - 1] = math.nan
        losses, norms = crowd.run(*ends)
        assert torch.equal(losses[:, place], expected[0][:, 0])
        assert torch.equal(norms[:, place], expected[1][:, 0])
        for row, rows in crowd.rows.items():
            assert torch.equal(rows[place], alone.rows[row][0])


@pytest.mark.parametrize("poison", [math.nan, math.inf, 1e30])
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_a_member_stays_where_it_stopped_being_finite(
    cell: str, nonlinearity: str, poison: float
) -> None:
    config = TrainingConfig(carry_state=True)
    members = Members(cell, nonlinearity, SHAPES[1], [config] * 2)
    members.targets[6, 1, 3, 2, 0] = poison
    before = Members(cell, nonlinearity, SHAPES[1], [config] * 2)
    before.inputs, before.targets = before.inputs[:6], before.targets[:6]
    before.kernel.run(before.inputs, before.targets, None, before.rows)
    losses, norms = members.run()
    good = losses.isfinite() & norms.isfinite()
    assert good[:, 0].all()
    assert good[:6, 1].all()
    assert not good[6:, 1].any()
    for name, rows in members.rows.items():
        assert torch.equal(rows[1], before.rows[name][1])
        assert name == "state1" or not torch.equal(rows[0], before.rows[name][0])


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_padding_stays_exactly_zero(cell: str, nonlinearity: str, optimizer: str) -> None:
    config = TrainingConfig(
        carry_state=True,
        weight_decay=0.1,
        momentum=0.5,
        optimizer=optimizer,  # type: ignore[arg-type]
    )
    members = Members(cell, nonlinearity, SHAPES[1], [config])
    members.run()
    for name in ("parameters", "first", "second"):
        row = members.rows[name][0]
        own = members.layout.unpack(row)
        assert torch.equal(members.layout.pack(own), row)
        assert name == "second" or any(bool(part.any()) for part in own.values())
    assert not members.rows["state0"][..., 11:].any()
    assert members.rows["state0"][..., :11].any()


def test_what_does_not_fit_is_refused() -> None:
    members = Members("gru", "tanh", SHAPES[1], configs_of("adam"))
    inputs, targets, rows = members.inputs, members.targets, members.rows
    with pytest.raises(PackError, match="targets"):
        members.kernel.run(inputs, targets[:, :1], None, rows)
    with pytest.raises(PackError, match="contiguous"):
        members.kernel.run(inputs[..., :1].expand(-1, -1, -1, -1, 3), targets, None, rows)
    with pytest.raises(PackError, match="inputs"):
        members.kernel.run(inputs[..., :2], targets, None, rows)
    with pytest.raises(PackError, match="masks"):
        members.kernel.run(inputs, targets, torch.ones(1, STEPS, 2, 12, 5, 11), rows)
    short = {**rows, "parameters": rows["parameters"][:, :-16].contiguous()}
    with pytest.raises(PackError, match="parameters"):
        members.kernel.run(inputs, targets, None, short)
