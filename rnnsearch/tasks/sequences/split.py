"""The split of labelled sequences into parts that share no sequence and hold every class."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import accumulate

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.splits import SplitConfig, sizes_of
from rnnsearch.tasks.streams import derive


def unique_pairs(keys: Sequence[Hashable], labels: Sequence[int]) -> Ints:
    """The position of the first occurrence of each pair of a sequence and its label, ascending."""
    first: dict[tuple[Hashable, int], int] = {}
    for position, pair in enumerate(zip(keys, labels, strict=True)):
        first.setdefault(pair, position)
    return np.fromiter(first.values(), dtype=np.int64, count=len(first))


def split(
    keys: Sequence[Hashable],
    labels: Ints,
    classes: Sequence[str],
    shares: SplitConfig,
    seed: int,
) -> dict[Part, Ints]:
    """Cut sequences into parts, class by class.

    Equal sequences go to one part whatever their labels: a held-out sequence that training
    showed under another label would be a trap. Such a group is dealt with its rarest class, and a
    class with too few groups of its own may stand in every part by those of others; its own are
    for training then.

    Args:
        keys: A value for each sequence, equal where sequences are equal; no pair of a key and a
            label stands twice.
        labels: The number of each sequence's class.
        classes: The names of the classes.
        shares: The share of each class's sequences that a part gets, as near as whole groups of
            equal sequences allow.
        seed: That of the draw.

    Returns:
        Ascending positions in `keys` of each part whose share is above 0.

    Raises:
        DataError: A class has too few sequences to stand in every part.
    """
    sizes = sizes_of(shares)
    counts = np.bincount(labels, minlength=len(classes))
    groups: dict[Hashable, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key, []).append(position)
    dealt: list[list[list[int]]] = [[] for _ in classes]
    for group in groups.values():
        rarest = min((int(labels[at]) for at in group), key=lambda one: (counts[one], one))
        dealt[rarest].append(group)
    positions: dict[Part, list[int]] = {part: [] for part in sizes}
    for number, of_class in enumerate(dealt):
        if len(of_class) < len(sizes):
            continue
        order = np.random.default_rng(derive(seed, "split", number)).permutation(len(of_class))
        begin = 0
        for part, end in zip(sizes, _ends(len(of_class), list(sizes.values())), strict=True):
            for at in order[begin:end]:
                positions[part] += of_class[at]
            begin = end
    learning, *_ = sizes
    for number, of_class in enumerate(dealt):
        if len(of_class) >= len(sizes):
            continue
        positions[learning] += [at for group in of_class for at in group]
        if any(number not in labels[held] for held in positions.values()):
            raise DataError(
                f"the class {classes[number]!r} has {len(of_class)} different sequences of its "
                f"own, and {', '.join(sizes)} need one each. Give it more, or take the class out."
            )
    return {part: np.array(sorted(some), dtype=np.int64) for part, some in positions.items()}


def _ends(count: int, shares: Sequence[float]) -> list[int]:
    """The place after the last of each part's groups, of `count` groups; each part gets at least
    one."""
    sizes = [max(1, round(count * share)) for share in shares[1:]]
    while sum(sizes) >= count:
        sizes[sizes.index(max(sizes))] -= 1
    sizes.insert(0, count - sum(sizes))
    return list(accumulate(sizes))


def dropping_notes(given: int, kept: int, answer: str) -> list[str]:
    """A sentence on sequences that are left out, where there are some.

    Args:
        given: How many sequences were read.
        kept: How many different pairs of a sequence and its answer.
        answer: What a sequence has: `label`.
    """
    if kept == given:
        return []
    return [
        f"{given - kept:,} of {given:,} sequences repeat an earlier one with its {answer}; they "
        "were dropped before the split"
    ]
