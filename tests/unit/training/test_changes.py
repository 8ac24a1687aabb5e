"""Settings that change within a training, which goes on with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from rnnsearch.testing.waves import (
    SYMBOLS,
    add_all,
    alone,
    curve,
    drain,
    neighbours,
    trial,
    wave_pack,
)
from rnnsearch.training.changes import CHANGEABLE, current
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes

EPOCHS = 4
AT = 2


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def changing(config: TrialConfig, **values: float) -> TrialConfig:
    """The config with some settings that change after two epochs."""
    changes = tuple((f"{name}@{AT}", value) for name, value in values.items())
    return replace(config, training=replace(config.training, changes=changes, max_epochs=EPOCHS))


def gone_on(config: TrialConfig) -> list[dict[str, float]]:
    """The curve of a training that is stopped after two epochs, and goes on in another pack with
    the settings that it has then, from the rows of its snapshot."""
    pack = wave_pack()
    pack.add("trial", replace(config, training=replace(config.training, changes=None)))
    before = drain(pack, {"trial": AT})
    state = pack.state()["trial"]
    later = current(config, AT)
    later = replace(later, training=replace(later.training, changes=None))
    pack = wave_pack()
    pack.add("trial", later, replace(state, config=later))
    return curve(before) + curve(drain(pack, {"trial": EPOCHS}))


WAYS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "whole steps": ({}, {"learning_rate": 0.05, "beta1": 0.5, "beta2": 0.9}),
    "decay and clip": ({"optimizer": "adamw"}, {"weight_decay": 0.2, "clip_norm": 0.01}),
    "clipped numbers": ({"clip_value": 1.0}, {"clip_value": 0.001}),
    "sgd": ({"optimizer": "sgd", "momentum": 0.5}, {"momentum": 0.9, "learning_rate": 0.03}),
    "rmsprop": ({"optimizer": "rmsprop"}, {"alpha": 0.5, "input_noise": 0.3}),
    "dropout": ({"model": {"num_layers": 2}}, {"dropout": 0.4}),
    "head": ({"model": {"head_dropout": 0.2}}, {"head_dropout": 0.6}),
    "schedule": (
        {"schedule": "plateau", "patience": 0, "learning_rate": 1e-8},
        {"learning_rate": 5.0},
    ),
    "symbols": ({"task": SYMBOLS, "average": "ema"}, {"learning_rate": 0.1}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_change_is_a_training_that_goes_on_from_the_rows_of_the_one_before(way: str) -> None:
    base, values = WAYS[way]
    config = changing(trial(3, **base), **values)
    expected = gone_on(config)
    assert alone(config, EPOCHS) == expected
    unchanged = replace(config, training=replace(config.training, changes=None))
    assert alone(unchanged, EPOCHS)[:AT] == expected[:AT]
    assert alone(unchanged, EPOCHS)[AT] != expected[AT]


def test_all_that_may_change_was_tried() -> None:
    assert {name for _, values in WAYS.values() for name in values} == set(CHANGEABLE)


def test_a_change_has_the_same_bits_in_company_and_touches_nobody_else() -> None:
    config = changing(trial(3), learning_rate=0.05, weight_decay=0.1)
    others = neighbours(trial(3))
    expected = {name: alone(one, EPOCHS) for name, one in {**others, "trial": config}.items()}
    pack = wave_pack()
    for name, one in {**others, "trial": config}.items():
        pack.add(name, one)
    step = drain(pack, dict.fromkeys(pack.roster, EPOCHS))
    assert {name: curve(step, name) for name in expected} == expected


def test_a_change_survives_a_snapshot_before_it_and_one_in_the_middle_of_its_epoch() -> None:
    config = changing(trial(3), learning_rate=0.05)
    expected = alone(config, EPOCHS)
    pack = wave_pack()
    pack.add("trial", config)
    reports = curve(pack.train({"trial": EPOCHS}, 0.0))
    for _ in range(200):
        states = snapshots_from_bytes(snapshots_to_bytes(pack.state()))
        assert states["trial"].config == config
        pack = wave_pack()
        add_all(pack, states)
        reports += curve(pack.train({"trial": EPOCHS}, 0.0))
        if pack.roster["trial"] == EPOCHS:
            break
    assert reports == expected


def test_a_change_that_cannot_be_is_refused_where_the_trial_gets_its_slot() -> None:
    pack = wave_pack()
    pack.add("trial", changing(trial(3), clip_value=0.1))
    (refusal,) = pack.train({"trial": 1}, 1.0).refusals
    assert refusal.reason.startswith("training.changes: clip_value@2: clip_value decides")
