"""Which way a stack takes its steps, and what it says of it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from contracts.recorders import Again

from rnnsearch.testing.cells import OWN
from rnnsearch.testing.kernels import layer_of
from rnnsearch.testing.waves import SYMBOLS, WAVE, WaveData, build_wave, trial
from rnnsearch.training.kernels.choice import kernels
from rnnsearch.training.placement import Placement
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.stepping.choice import stepper_of

PLAIN: dict[str, dict[str, Any]] = {
    "rnn": {"model": {"cell": "rnn", "nonlinearity": "relu"}},
    "layers of one padded width, dropout": {"model": {"hidden_sizes": (9, 11), "dropout": 0.2}},
    "carried, clipped, scheduled": {"carry_state": True, "clip_norm": 1.0, "schedule": "cosine"},
    "sgd": {"optimizer": "sgd", "momentum": 0.9},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.1},
    "noise": {"input_noise": 0.1},
}
OTHER: dict[str, dict[str, Any]] = {
    "another loss": {"loss": "huber"},
    "another optimizer": {"optimizer": "rmsprop"},
    "cut values": {"clip_value": 0.1},
    "own predictions": {"feeding": "own"},
    "symbols": {"task": SYMBOLS},
    "two widths": {"model": {"hidden_sizes": (9, 30)}},
    "no biases": {"model": {"bias": False}},
    "dropout before the head": {"model": {"head_dropout": 0.1}},
    "normalised": {"model": {"layer_norm": True}},
    "learned state": {"model": {"initial_state": "learned"}},
}
needs_compiled = pytest.mark.skipif(
    not kernels()["compiled"].supports(layer_of("gru", "tanh", (16, 1, 1, 1), 1)),
    reason="numba's kernels do not run here",
)


def words(how: dict[str, Any], recorder: Recorder | None = None) -> str:
    data = {WAVE: WaveData(), SYMBOLS: WaveData(symbolic=True)}
    placement = Placement(data, torch.device("cpu"), "train_loss", build_wave)
    slot = placement.slot("trial", TrialSnapshot(config=trial(**how)))
    return stepper_of(placement.shared(slot), recorder).words


@needs_compiled
@pytest.mark.parametrize("how", PLAIN.values(), ids=PLAIN)
def test_plain_trials_take_whole_steps(how: dict[str, Any]) -> None:
    assert words(how) == "compiled, whole steps"


@needs_compiled
@pytest.mark.parametrize("how", OTHER.values(), ids=OTHER)
def test_whatever_the_whole_steps_do_not_know_goes_layer_by_layer(how: dict[str, Any]) -> None:
    assert words(how) == "compiled"


def test_layers_without_a_compiled_kernel_are_called_what_they_are() -> None:
    assert words({"dtype": "float64"}) == "batched"
    assert words({"model": {"cell": "mingru"}}) == "scan"
    assert words({"model": {"cell": OWN}}) == "own cell, fused"


def test_where_steps_are_recorded_all_are_but_those_of_own_cells() -> None:
    assert words({"dtype": "float64"}, Again()) == "batched, recorded steps"
    assert words({"model": {"cell": OWN}}, Again()) == "own cell, fused"
