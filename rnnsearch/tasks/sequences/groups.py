"""Sequences that belong together, as those of one person do: none of them judges the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.sequences.config import SequencesConfig


def joined(keys: Sequence[Hashable], groups: Sequence[str]) -> list[Hashable]:
    """The name of a group for each sequence, one name for groups that share an equal sequence.

    Args:
        keys: A value for each sequence, equal where sequences are equal.
        groups: The group of each sequence.
    """
    above: dict[str, str] = {group: group for group in groups}

    def top(group: str) -> str:
        while above[group] != group:
            above[group] = group = above[above[group]]
        return group

    first: dict[Hashable, str] = {}
    for key, group in zip(keys, groups, strict=True):
        above[top(group)] = top(first.setdefault(key, group))
    return [top(group) for group in groups]


def things(config: SequencesConfig) -> str:
    """What is dealt to parts and folds, in words."""
    group = config.validation.group
    return "different sequences" if group is None else f"groups of sequences ({group})"


def group_note(
    column: str,
    groups: Sequence[str],
    keys: Sequence[Hashable],
    parts: Mapping[Part, Ints],
    *,
    drawn: bool,
) -> str:
    """A sentence on the groups, and on those that stand in several parts.

    Args:
        column: Where they stand.
        groups: The group of each sequence.
        keys: A value for each sequence, equal where sequences are equal.
        parts: The places of the sequences of each part.
        drawn: Whether the parts were drawn.
    """
    count = len(set(groups))
    note = f"the sequences of each of the {count:,} groups in {column!r} stay together"
    merged = count - len(set(joined(keys, groups)))
    if merged:
        note += f"; {merged:,} of these share an equal sequence with another, and join it"
    if drawn:
        return note
    in_part = {part: {groups[at] for at in places.tolist()} for part, places in parts.items()}
    shared = [
        f"{len(in_part[one] & in_part[other]):,} in {one} and {other}"
        for one, other in combinations(in_part, 2)
        if in_part[one] & in_part[other]
    ]
    if shared:
        note += f", but the given parts share some: {'; '.join(shared)}, whose figures flatter"
    return note
