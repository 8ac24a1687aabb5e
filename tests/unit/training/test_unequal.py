"""Who shares a call when batches are of unequal length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.training.unequal import SHARED_NUMBERS, padded_steps, parts

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
