"""Trials that a person's script trains: they wait, go, come back and fail as all others do."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.script.config import ScriptConfig
from rnnsearch.training.config import FreeValue, TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.report import SliceResult, joined
from rnnsearch.training.script.model import ScriptModel
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes

HERE = "unit.training.test_script_trials"


def walk(config: Any, state: Any = None) -> Iterator[Any]:
    """A walk of random steps of all three generators, which stands where its state says."""
    place = torch.zeros(2) if state is None else state["place"]
    assert (state is None) == (config.start_epoch == 0)
    for _ in range(config.start_epoch, config.max_epochs):
        place += config.width * torch.rand(2) + np.random.rand()
        yield {"val_loss": place.sum(), "more": 1}, {"place": place}


def slow(config: Any, state: Any = None) -> Iterator[Any]:
    for epoch in range(config.max_epochs):
        time.sleep(0.4)
        yield {"val_loss": float(epoch)}


def faulty(config: Any, state: Any = None) -> Iterator[Any]:
    np.random.RandomState(config.seed)
    yield {"val_loss": 1.0}, None
    try:
        {}["width"]
    except KeyError as error:
        raise ValueError(f"no width {config.width}") from error


def misspelt(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"val_loss": config.widht}


def handling(config: Any, state: Any = None) -> Iterator[Any]:
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    yield {"val_loss": 1.0}


def short(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"val_loss": 1.0}


def nameless(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"loss": 1.0}


def at_five(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"val_loss": 1.0, "val/acc": 1.0, "acc@5": 1.0}


def bare(config: Any, state: Any = None) -> Iterator[Any]:
    yield 1.0


def unstorable(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"val_loss": 1.0}, {"deep": [0, {"model": torch.nn.Linear(1, 1)}]}


def diverging(config: Any, state: Any = None) -> Iterator[Any]:
    yield {"val_loss": 1.0, "more": float("inf")}
    yield {"val_loss": float("nan")}


def script(function: str, seed: int = 1, **params: FreeValue) -> TrialConfig:
    return TrialConfig(
        task=ScriptConfig(function=f"{HERE}:{function}"),
        model=ModelConfig(),
        training=TrainingConfig(max_epochs=4),
        seed=seed,
        params=tuple({"width": 2.0, **params}.items()),
    )


def a_pack() -> Pack:
    return Pack({}, objective="val_loss")


def trained(pack: Pack, limit: int) -> SliceResult:
    """All that happens until every trial has come to the limit, or left."""
    steps = []
    limits = dict.fromkeys(pack.roster, limit)
    for _ in range(200):
        steps.append(pack.train(limits, 0.2))
        if not pack.wanting(limits):
            return joined(steps, 0.0)
    raise AssertionError(f"still at {pack.roster}")


def curve(step: SliceResult, trial_id: str) -> list[float]:
    return [one.metrics["val_loss"] for one in step.reports if one.trial_id == trial_id]


def alone(config: TrialConfig) -> list[float]:
    pack = a_pack()
    pack.add("trial", config)
    return curve(trained(pack, 4), "trial")


def test_trials_in_one_process_draw_as_if_each_were_alone() -> None:
    pack = a_pack()
    configs = {"a": script("walk", 1), "b": script("walk", 2), "c": script("walk", 1, width=3.0)}
    for name, config in configs.items():
        pack.add(name, config)
    step = trained(pack, 4)
    assert {name: curve(step, name) for name in configs} == {
        name: alone(config) for name, config in configs.items()
    }
    assert alone(configs["a"]) != alone(configs["b"])


def test_a_script_comes_to_its_decision_before_the_next_begins() -> None:
    pack = a_pack()
    for name in "abc":
        pack.add(name, script("walk"))
    order = [(one.trial_id, one.epoch) for one in trained(pack, 2).reports]
    assert order == [(name, epoch) for name in order_of(order) for epoch in (1, 2)]
    assert pack.useful == 2


def order_of(reports: list[tuple[str, int]]) -> list[str]:
    """The trials in the order of their first reports."""
    return list(dict(reports))


def test_a_trial_goes_on_from_what_it_yielded_last() -> None:
    config = script("walk")
    pack = a_pack()
    pack.add("trial", config)
    first = curve(trained(pack, 2), "trial")
    states = snapshots_from_bytes(snapshots_to_bytes(pack.state()))
    other = a_pack()
    other.add("trial", config, states["trial"])
    assert first + curve(trained(other, 4), "trial") == alone(config)


def test_the_state_of_the_best_epoch_is_the_model(tmp_path: Any) -> None:
    config = script("walk")
    pack = a_pack()
    pack.add("trial", config)
    trained(pack, 3)
    weights = pack.remove("trial")
    assert weights is not None
    assert weights.epoch == 1  # the walk only goes up
    ScriptModel.from_weights(config, weights, {"source": "text"}).save(tmp_path)
    model = ScriptModel.load(tmp_path)
    assert model.config == config
    assert model.state["place"].sum().item() == pytest.approx(model.metrics["val_loss"])


def test_a_slice_ends_in_the_middle_of_an_epoch() -> None:
    pack = a_pack()
    pack.add("trial", script("slow"))
    assert pack.train({"trial": 1}, 0.01).reports == []
    assert curve(trained(pack, 1), "trial") == [0.0]


def test_a_script_without_a_state_starts_again_from_its_seed() -> None:
    pack = a_pack()
    pack.add("trial", script("slow"))
    trained(pack, 1)
    states = pack.state()
    other = a_pack()
    other.add("trial", script("slow"), states["trial"])
    assert curve(trained(other, 1), "trial") == [0.0]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            "faulty",
            [
                *("ValueError: no width 2.0", "in faulty", "Traceback", "width=2.0", "seed=1"),
                "KeyError: 'width'\n\nThe above exception was the direct cause",
            ],
        ),
        ("misspelt", ["no 'widht'", "it has width,", "`params:`"]),
        ("handling", ["main thread of the main interpreter", "With `process: own` under `task`"]),
        ("short", ["ended after epoch 1 of 4", "config.start_epoch"]),
        ("nameless", ["yielded no val_loss at epoch 1", "task.metric", "yielded loss", "width=2"]),
        ("at_five", ["the name 'acc@5' at epoch 1, which MLflow does not take", "acc_5"]),
        ("bare", ["yielded an object of the type float", "metrics and its state"]),
        ("unstorable", ["state['deep'][1]['model'] is of the type Linear", ".state_dict()"]),
        ("absent", ["has no absent"]),
        ("script", ["is a function without a yield"]),
    ],
)
def test_an_error_of_a_script_is_one_failed_trial(function: str, words: list[str]) -> None:
    pack = a_pack()
    pack.add("bad", script(function, seed=2**60 + 1))
    pack.add("good", script("walk"))
    step = trained(pack, 4)
    (refusal,) = step.refusals
    assert refusal.trial_id == "bad"
    assert [word for word in words if word not in refusal.reason] == []
    assert "site-packages" not in refusal.reason
    assert "training/script/run.py" not in refusal.reason
    assert curve(step, "good") == alone(script("walk"))


def test_only_the_judged_metric_has_to_be_finite() -> None:
    pack = a_pack()
    pack.add("trial", script("diverging"))
    step = trained(pack, 4)
    assert [dict(one.metrics) for one in step.reports] == [{"val_loss": 1.0}]
    (divergence,) = step.divergences
    assert divergence.epoch == 2
