"""Where the parts of some data lie, and what is wrong with a split."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.tasks.base import Part
from rnnsearch.tasks.splits import SplitConfig, TimeSplitConfig, bounds_of, split_problems

BOTH: Sequence[Part] = ("train", "val")


@pytest.mark.parametrize(
    ("split", "count", "bounds"),
    [
        (TimeSplitConfig(), 100, [(0, 70), (70, 85), (85, 100)]),
        (TimeSplitConfig(gap=5), 100, [(0, 63), (68, 81), (86, 100)]),
        (TimeSplitConfig(train=50, val=20, test=10), 100, [(0, 50), (50, 70), (70, 80)]),
        (TimeSplitConfig(train=50, val=20, test=10, gap=3), 100, [(0, 50), (53, 73), (76, 86)]),
        (TimeSplitConfig(train=0.8, val=0.2, test=0), 100, [(0, 80), (80, 100)]),
        # Where others cut the text of Shakespeare.
        (SplitConfig(train=0.9, test=0), 1_115_394, [(0, 1_003_854), (1_003_854, 1_115_394)]),
        (SplitConfig(train=1, val=0, test=0), 7, [(0, 7)]),
    ],
)
def test_parts_follow_each_other(
    split: SplitConfig, count: int, bounds: list[tuple[int, int]]
) -> None:
    assert list(bounds_of(split, count).values()) == bounds


@given(st.integers(1, 98), st.integers(1, 98), st.integers(0, 10**10), st.integers(0, 1000))
def test_shares_leave_nothing_over(train: int, val: int, count: int, gap: int) -> None:
    val = min(val, 99 - train)
    test = 100 - train - val
    split = TimeSplitConfig(train=train / 100, val=val / 100, test=test / 100, gap=gap)
    found = list(bounds_of(split, count + 2 * gap).values())
    assert (found[0][0], found[-1][1]) == (0, count + 2 * gap)
    assert all(after - before == gap for (_, before), (after, _) in pairwise(found))
    sizes = [end - start for start, end in found]
    for size, share in zip(sizes, (train, val, test), strict=True):
        assert abs(size - share * count / 100) <= 1


@pytest.mark.parametrize(
    ("split", "needed", "rows", "wrong"),
    [
        (SplitConfig(), BOTH, False, []),
        (SplitConfig(train=0.9, val=0.2), BOTH, False, ["split: sums to 1.2"]),
        (SplitConfig(train=0.9, val=0), BOTH, False, ["split.val: must be above 0: the search"]),
        (SplitConfig(train=0.9, val=0), ["train"], False, []),
        (
            SplitConfig(train=1.5, val=1.2, test=0),
            ["train"],
            False,
            ["split.train: must be a share from 0 to 1", "split.val: must be a share from 0 to 1"],
        ),
        (TimeSplitConfig(train=70, val=20, test=0), BOTH, True, []),
        (TimeSplitConfig(train=70, val=20, test=0.1), BOTH, True, ["split: sums to 90.1; the"]),
    ],
)
def test_what_is_wrong_is_named(
    split: SplitConfig, needed: Sequence[Part], rows: bool, wrong: list[str]
) -> None:
    found = [f"{key}: {message}" for key, message in split_problems(split, needed, rows)]
    assert len(found) == len(wrong)
    assert all(one.startswith(words) for one, words in zip(found, wrong, strict=True))
