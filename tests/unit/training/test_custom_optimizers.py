"""Optimizers that a person brought: equal to a plain loop of torch's, in any place and company."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from contracts.packs import relative, step_losses
from contracts.plain_torch import PlainTorch

from rnnsearch.errors import ModelError
from rnnsearch.testing.waves import (
    STEPS,
    WaveData,
    WaveTask,
    add_all,
    alone,
    curve,
    drain,
    neighbours,
    trial,
    wave_pack,
)
from rnnsearch.training.codec import config_from_json, config_to_json, custom_classes
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.custom_optimizers import try_optimizer
from rnnsearch.training.optimizer_class import optimizer_arguments
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes
from rnnsearch.vocabulary import keys

HERE = "unit.training.test_custom_optimizers"


class Drifting(torch.optim.Optimizer):
    """Momentum in float64, a count, a list and some noise: a state of many kinds."""

    def __init__(self, params: Any, lr: float, pull: float = 0.5, noise: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr, "pull": pull, "noise": noise, "seen": []})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            group["seen"] = [*group["seen"][-2:], group["lr"]]
            for one in group["params"]:
                state = self.state[one]
                before = state.get("mean", torch.zeros_like(one, dtype=torch.float64))
                state["mean"] = before.lerp(one.grad.double(), group["pull"])
                state["count"] = state.get("count", 0) + 1
                noise = group["noise"] / state["count"] * torch.randn_like(one)
                one.sub_(group["lr"] * (state["mean"].to(one.dtype) + noise))


class Secretive(torch.optim.SGD):
    """What it does hangs on something that no state has."""

    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, lr)
        self.steps = 0

    def step(self) -> None:  # type: ignore[override]
        self.steps += 1
        self.param_groups[0]["lr"] = 1.0 / self.steps
        super().step()


class Opaque(torch.optim.SGD):
    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, lr)
        self.param_groups[0]["hook"] = object()


class Idle(torch.optim.SGD):
    def step(self) -> None:  # type: ignore[override]
        pass


class Rateless(torch.optim.Optimizer):
    def __init__(self, params: Any) -> None:
        super().__init__(params, {})


class Stumbling(torch.optim.SGD):
    def step(self) -> None:  # type: ignore[override]
        raise ValueError("not today")


def config(path: str, args: dict[str, Any] | None = None, **more: Any) -> Any:
    pairs = tuple((args or {}).items())
    return trial(optimizer=path, optimizer_args=pairs, **more)


def plain(of: Any, more: dict[str, Any]) -> list[float]:
    """The losses of a plain loop with an optimizer of torch's, each training step an epoch."""
    how = replace(of.training, steps_per_epoch=1)
    single = replace(of, training=replace(how, optimizer="adam"))
    loop = PlainTorch(single, WaveTask(WaveData(), torch.float32))
    named = {name: getattr(how, name) for name in more if name in ("momentum", "weight_decay")}
    cls = getattr(torch.optim, how.optimizer.partition(":")[2])
    arguments = {**dict(how.optimizer_args), **named}
    loop.optimizer = cls(loop.net.parameters(), lr=how.learning_rate, **arguments)
    return loop.losses(STEPS)


@pytest.mark.parametrize(
    ("path", "args", "more"),
    [
        ("torch.optim:NAdam", {"betas": (0.8, 0.99), "momentum_decay": 0.01}, {"clip_norm": 0.5}),
        ("torch.optim:SGD", {"nesterov": True}, {"momentum": 0.9, "weight_decay": 0.01}),
        ("torch.optim:Adafactor", {}, {}),
        ("torch.optim:Adam", {"amsgrad": True}, {"schedule": "cosine", "max_epochs": STEPS}),
    ],
)
def test_it_trains_as_a_plain_loop_with_the_same_class(path: str, args: Any, more: Any) -> None:
    of = config(path, args, **more)
    assert relative(step_losses(of), plain(of, more)) < 2e-5


def test_torchs_adam_trains_as_ours_does() -> None:
    theirs = config("torch.optim:Adam", weight_decay=0.01, schedule="one_cycle", max_epochs=2)
    ours = replace(theirs, training=replace(theirs.training, optimizer="adam"))
    for one, other in zip(alone(ours), alone(theirs), strict=True):
        for name, value in one.items():
            assert other[name] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("path", [f"{HERE}:Drifting", "torch.optim:NAdam"])
def test_the_same_bits_beside_others_and_after_a_move(path: str) -> None:
    torch.set_num_threads(1)
    of = config(path, schedule="cosine", max_epochs=3, batch_size=3)
    wanted = alone(of, 3)
    pack = wave_pack()
    for place, other in neighbours(of).items():
        pack.add(place, other)
    pack.add("trial", of)
    got = curve(drain(pack, dict.fromkeys(pack.roster, 1)))
    for epochs in (2, 3):
        moved = wave_pack()
        add_all(moved, snapshots_from_bytes(snapshots_to_bytes(pack.state())))
        moved.train({}, 0.0)  # it gets its slot, and takes no training step
        state = moved.state()
        moved = wave_pack()
        add_all(moved, state)
        got += curve(drain(moved, {"trial": epochs}))
        pack = moved
    assert got == wanted


def test_without_the_state_of_the_optimizer_a_trial_starts_from_its_seed() -> None:
    pack = wave_pack()
    of = config("torch.optim:NAdam")
    pack.add("trial", of)
    drain(pack, {"trial": 1})
    state = pack.state()["trial"]
    for name in ("optimizer", "optimizer/0"):
        lacking = replace(state, arrays={k: v for k, v in state.arrays.items() if k != name})
        other = wave_pack()
        other.add("trial", of, lacking)
        again = drain(other, {"trial": 2})
        assert [report.epoch for report in again.reports] == [1, 2]
        assert len(again.notes) == 1


def test_the_records_say_so_and_no_kernel_takes_whole_steps() -> None:
    pack = wave_pack()
    pack.add("trial", config("torch.optim:NAdam"))
    drain(pack, {"trial": 1})
    assert pack.kernels["trial"].endswith(", own optimizer")
    assert "whole steps" not in pack.kernels["trial"]


def test_its_arguments_are_read_from_its_signature() -> None:
    named = keys(optimizer_arguments(f"{HERE}:Drifting"))
    assert {name: (one.type, one.default) for name, one in named.items()} == {
        "pull": (float, 0.5),
        "noise": (float, 1e-3),
    }
    betas = keys(optimizer_arguments("torch.optim:Adam"))["betas"]
    assert betas.problem((0.5,)) == "must have at least 2 members"


def test_a_config_is_stored_and_read_without_it() -> None:
    of = config("long_gone:Lion", {"betas": (0.5, 1.0), "name": None, "fast": True})
    stored = config_to_json(of) | {"task": {"type": "sine"}}
    assert custom_classes(stored) == []
    assert config_from_json(stored).training == of.training
    assert "optimizer_args" not in config_to_json(trial())["training"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Secretive", "takes another step after it was restored"),
        ("Opaque", "its state cannot be stored.*hook.*is of the type object"),
        ("Idle", "changed no weight"),
        ("Rateless", "takes params, and no `lr`"),
        ("Stumbling", "raised ValueError: not today .*in step"),
        ("HERE", "an object of the class str, and a optimizer is a class"),
        ("WaveData", "is no torch.optim.Optimizer"),
    ],
)
def test_what_an_optimizer_does_wrong_is_said_with_its_line(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=f"(?s){HERE}:{name}.*{words}"):
        try_optimizer(TrainingConfig(optimizer=f"{HERE}:{name}"))


def test_good_ones_are_taken() -> None:
    for path in (f"{HERE}:Drifting", "torch.optim:NAdam", "torch.optim:Rprop"):
        try_optimizer(TrainingConfig(optimizer=path))
