"""The order of training sequences."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.base import Window
from rnnsearch.tasks.shuffling import shuffled_batches


def test_a_pass_shows_each_sequence_once() -> None:
    whole = shuffled_batches(12, 0, 0, Window(4))
    assert whole.shape == (3, 4)
    assert sorted(whole.ravel().tolist()) == list(range(12))
    left_over = shuffled_batches(13, 0, 0, Window(4)).ravel().tolist()
    assert len(set(left_over)) == 12


def test_epochs_and_seeds_differ_and_repeat() -> None:
    first = shuffled_batches(50, 3, 0, Window(5))
    assert np.array_equal(first, shuffled_batches(50, 3, 0, Window(5)))
    assert not np.array_equal(first, shuffled_batches(50, 3, 1, Window(5)))
    assert not np.array_equal(first, shuffled_batches(50, 4, 0, Window(5)))


def test_short_epochs_go_on_where_the_last_one_ended() -> None:
    passes = [shuffled_batches(21, 1, epoch, Window(4)) for epoch in range(7)]
    short = [shuffled_batches(21, 1, epoch, Window(4, None, 7)) for epoch in range(5)]
    np.testing.assert_array_equal(np.concatenate(short), np.concatenate(passes))
