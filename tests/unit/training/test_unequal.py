"""Who shares a call when batches are of unequal length."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.data import EventsData
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.stepping.layers import SHARED_NUMBERS, padded_steps, parts

LENGTHS = st.lists(st.integers(1, 5000), min_size=1, max_size=20)


@given(LENGTHS)
def test_batches_are_padded_by_a_quarter_at_most(lengths: list[int]) -> None:
    longest = np.array(lengths)
    padded = padded_steps(longest)
    assert (padded >= longest).all()
    assert (padded < np.maximum(1.25 * longest, longest + 4)).all()
    assert len(np.unique(padded_steps(np.arange(1, 2000)))) < 36


@given(LENGTHS, st.integers(1, 100_000), st.booleans())
def test_every_trial_has_one_place(lengths: list[int], numbers: int, mixed: bool) -> None:
    longest = np.array(lengths)
    seen = np.zeros(len(longest), dtype=int)
    for steps, who in parts(longest, numbers, mixed=mixed):
        own = padded_steps(longest)[who]
        assert own.max() == steps
        waste = (steps - own.min()) * numbers
        assert waste <= (SHARED_NUMBERS if mixed else 0)
        seen[who] += 1
    assert (seen == 1).all()


def test_short_batches_share_a_call_and_long_ones_have_their_own() -> None:
    assert parts(np.array([7, 3, 16]), 4 * 600, mixed=True) == [(16, slice(0, 3))]
    apart = parts(np.array([900, 60, 900]), 4 * 600, mixed=True)
    assert apart == [(1024, [0, 2]), (64, slice(1, 2))]
    assert len(parts(np.array([7, 3, 16]), 1, mixed=False)) == 3


@pytest.mark.parametrize("cell", ["lstm", "mingru"])
def test_a_longer_batch_beside_it_changes_no_bit_of_a_trial(tmp_path: Path, cell: str) -> None:
    """A trial has the same curve, to the bit, alone and beside trials with longer batches. The
    sequences are so long that a sum over another number of time steps would be rounded otherwise.
    """
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    lengths = [*range(40, 76), 300, 310, 700, 710]
    pieces = [(draw.random((n, 30)) < 0.2).astype(np.uint8) for n in lengths]
    path = tmp_path / "pieces.npz"
    np.savez(
        path,
        train=np.concatenate(pieces),
        train_lengths=lengths,
        val=np.concatenate(pieces[:3]),
        val_lengths=lengths[:3],
    )
    task = EventsConfig(path=str(path))
    data = EventsData.read(task)
    model = ModelConfig(cell=cell, hidden_size=16)  # type: ignore[arg-type]
    how = TrainingConfig(learning_rate=0.01, batch_size=2, max_epochs=1)
    curves = []
    for seeds in ((1,), (0, 1, 2, 3)):
        pack = Pack({task: data}, objective="val_nll")
        for seed in seeds:
            pack.add(str(seed), TrialConfig(task=task, model=model, training=how, seed=seed))
        step = pack.train(dict.fromkeys(pack.roster, 1), math.inf)
        curves += [report.metrics for report in step.reports if report.trial_id == "1"]
    assert len(curves) == 2
    assert curves[0] == curves[1]
