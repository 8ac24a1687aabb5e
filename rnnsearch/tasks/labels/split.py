"""Parts that share no sequence, each with every class in it."""

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
    """Positions of the first of each pair of a sequence and its label, ascending."""
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
    showed under another label would be a trap. Such a group is dealt with its rarest class.

    Args:
        keys: Equal where sequences are equal; pairs with labels are unique.
        labels: Numbers of the classes.
        shares: Of the sequences of each class, to the nearest that whole groups allow.

    Returns:
        Ascending positions in `keys` of each part whose share is above 0.

    Raises:
        DataError: A class has too few sequences to stand in every part.
    """
    wanted = sizes_of(shares)
    counts = np.bincount(labels, minlength=len(classes))
    groups: dict[Hashable, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key, []).append(position)
    dealt: list[list[list[int]]] = [[] for _ in classes]
    for group in groups.values():
        rarest = min((int(labels[at]) for at in group), key=lambda one: (counts[one], one))
        dealt[rarest].append(group)
    found: dict[Part, list[int]] = {part: [] for part in wanted}
    for number, own in enumerate(dealt):
        if len(own) < len(wanted):
            raise DataError(
                f"the class {classes[number]!r} has {len(own)} different sequences of its own, "
                f"and {', '.join(wanted)} need one each. Give it more, or take the class out."
            )
        order = np.random.default_rng(derive(seed, "split", number)).permutation(len(own))
        begin = 0
        for part, end in zip(wanted, _ends(len(own), list(wanted.values())), strict=True):
            for at in order[begin:end]:
                found[part] += own[at]
            begin = end
    return {part: np.array(sorted(some), dtype=np.int64) for part, some in found.items()}


def _ends(count: int, shares: Sequence[float]) -> list[int]:
    """Where each part ends among `count` groups; at least one a part."""
    sizes = [max(1, round(count * share)) for share in shares[1:]]
    while sum(sizes) >= count:
        sizes[sizes.index(max(sizes))] -= 1
    sizes.insert(0, count - sum(sizes))
    return list(accumulate(sizes))
