"""Sequences of like length share a batch, and every one is still shown once a pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.tasks.base import Window
from rnnsearch.tasks.whole import BUCKETED, NOBODY, bucketed_passes

LENGTHS = np.exp(5.2 + 0.75 * np.random.default_rng(0).standard_normal(694)).astype(np.int64)


def padding(index: np.ndarray) -> float:
    """How many padded time steps there are for each valid one, in the batches of an index."""
    lengths = np.where(index == NOBODY, 0, LENGTHS[index])
    return float(lengths.max(1).sum() * index.shape[1] / lengths.sum() - 1)


@given(st.integers(1, 300), st.integers(1, 9), st.integers(0, 5), st.integers(1, 30))
def test_every_sequence_is_shown_once_a_pass(rows: int, batch: int, seed: int, spread: int) -> None:
    lengths = np.random.default_rng(seed).integers(1, 1 + spread, rows)
    index = bucketed_passes(seed, 3, Window(batch), lengths)
    assert index.shape == (-(-rows // batch), batch)
    assert sorted(index[index != NOBODY].tolist()) == list(range(rows))
    assert (index[:-1] != NOBODY).all()
    ends = np.where(index == NOBODY, 0, lengths[index])
    assert (np.diff(ends, axis=1) <= 0).all()


def test_batches_are_of_like_length_in_any_order_and_company() -> None:
    window = Window(4)
    index = bucketed_passes(1, 0, window, LENGTHS)
    shuffled = np.random.default_rng(0).permutation(692).reshape(-1, 4)
    assert padding(index) < 0.15 < 0.6 < padding(shuffled)
    ends = LENGTHS[index[:-1]].max(1)
    assert abs(np.corrcoef(ends[:-1], ends[1:])[0, 1]) < 0.25
    beside = {int(other) for epoch in range(30) for other in mates(7, epoch, window)}
    assert len(beside) > 20  # in 90 places


def mates(number: int, epoch: int, window: Window) -> list[int]:
    index = bucketed_passes(1, epoch, window, LENGTHS)
    row = index[(index == number).any(1)][0]
    return [other for other in row.tolist() if other not in (number, NOBODY)]


@pytest.mark.parametrize("batch", [150, 300])
def test_few_batches_have_other_members_in_each_pass(batch: int) -> None:
    passes = [bucketed_passes(1, epoch, Window(batch), LENGTHS) for epoch in range(2)]
    first, second = [{frozenset(row.tolist()) for row in one} for one in passes]
    assert not first & second


def test_it_hangs_on_trial_and_epoch_alone() -> None:
    first = bucketed_passes(3, 2, Window(5), LENGTHS)
    np.testing.assert_array_equal(first, bucketed_passes(3, 2, Window(5), LENGTHS))
    for seed, epoch in ((3, 1), (4, 2)):
        assert not np.array_equal(first, bucketed_passes(seed, epoch, Window(5), LENGTHS))
    assert len(first) > 2 * BUCKETED


def test_short_epochs_go_on_where_the_last_one_ended() -> None:
    whole = [bucketed_passes(1, epoch, Window(5), LENGTHS) for epoch in range(2)]
    short = [bucketed_passes(1, epoch, Window(5, None, 100), LENGTHS) for epoch in range(2)]
    np.testing.assert_array_equal(np.concatenate(short), np.concatenate(whole)[:200])
