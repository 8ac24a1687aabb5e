"""Weights averaged over epochs: evaluated and kept, and never trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnsearch.testing.waves import alone, curve, drain, neighbours, trial, wave_pack
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes

EPOCHS = 4


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def averaged(seed: int, decay: float = 0.6, carry: bool = False) -> TrialConfig:
    config = trial(seed)
    how = replace(
        config.training,
        average="ema",
        average_decay=decay,
        max_epochs=EPOCHS,
        carry_state=carry,
    )
    return replace(config, training=how)


def plain(config: TrialConfig) -> TrialConfig:
    return replace(config, training=replace(config.training, average="none", average_decay=0.8))


def weights_by_epoch(config: TrialConfig) -> list[np.ndarray]:
    """What the training ended each epoch with."""
    pack, rows = wave_pack(), []
    pack.add("trial", config)
    for epoch in range(1, EPOCHS + 1):
        drain(pack, {"trial": epoch})
        rows.append(pack.state()["trial"].arrays["parameters"])
    return rows


def test_what_is_trained_does_not_change() -> None:
    ours, plainly = weights_by_epoch(averaged(1)), weights_by_epoch(plain(averaged(1)))
    assert all((one == other).all() for one, other in zip(ours, plainly, strict=True))


def test_the_average_is_that_of_the_ends_of_epochs() -> None:
    decay, config = 0.6, averaged(1, 0.6)
    ends = weights_by_epoch(config)
    shares = np.array([(1 - decay) * decay ** (EPOCHS - 1 - n) for n in range(EPOCHS)])
    expected = np.tensordot(shares / shares.sum(), np.array(ends, np.float64), 1)
    pack = wave_pack()
    pack.add("trial", config)
    drain(pack, {"trial": EPOCHS})
    state = pack.state()["trial"]
    np.testing.assert_allclose(state.arrays["average"], expected, rtol=1e-5, atol=1e-7)
    if state.best_epoch == EPOCHS:
        assert (state.arrays["best"] == state.arrays["average"]).all()


def test_the_best_epoch_keeps_the_averaged_weights() -> None:
    config = averaged(3)
    pack = wave_pack()
    pack.add("trial", config)
    drain(pack, {"trial": 1})
    first = pack.state()["trial"]
    assert (first.arrays["best"] == first.arrays["parameters"]).all(), "the first counts alone"
    drain(pack, {"trial": EPOCHS})
    state = pack.state()["trial"]
    assert state.best_epoch is not None
    assert state.best_epoch > 1
    assert (state.arrays["best"] != state.arrays["parameters"]).any()


def test_without_memory_it_is_the_last_epoch_alone() -> None:
    config = averaged(2, decay=0.0)
    assert alone(config, EPOCHS) == alone(plain(config), EPOCHS)
    assert alone(averaged(2), EPOCHS) != alone(plain(averaged(2)), EPOCHS)


@pytest.mark.parametrize("carry", [False, True])
def test_the_same_bits_in_company_and_after_a_stop(carry: bool) -> None:
    config = averaged(5, carry=carry)
    expected = alone(config, EPOCHS)
    pack = wave_pack()
    for name, other in {**neighbours(config), "more": averaged(7, 0.9, carry)}.items():
        pack.add(f"other {name}", other)
    pack.add("trial", config)
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    states = snapshots_from_bytes(snapshots_to_bytes(pack.state()))
    again = wave_pack()
    again.add("trial", config, states["trial"])
    rest = drain(again, {"trial": EPOCHS})
    assert curve(step, "trial") + curve(rest, "trial") == expected
