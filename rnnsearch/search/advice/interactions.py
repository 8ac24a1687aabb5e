"""Pairs of parameters of which one decides what is good of the other.

The places of the trials are explained by two parameters, each cut into a few groups, once as a
sum of two effects and once by every pair of groups. What the second explains more is the
interaction, as in a two-way analysis of variance. Chance explains more too: as much as where the
remainders of the sum are dealt anew, which is done many times and taken off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.space.distributions import is_number

GROUPS = 3
"""Groups of equal size into which the numbers of a parameter are cut."""

DEALT = 200
"""How often remainders are dealt anew."""

SURE = 3.5
"""Standard deviations above chance from which an interaction is told. Of thirty pairs without any,
one in a hundred studies tells one."""

FEWEST = 30
"""Trials that must have both parameters."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two parameters that belong together.

    Attributes:
        share: How much of the differences between places is theirs together, beyond what each
            explains, and beyond chance; from 0 to 1.
        trials: How many trials had both.
        best: The groups of both in which the trials are best on average, in words.
        worst: Those in which they are worst.
    """

    one: str
    other: str
    share: float
    trials: int
    best: str
    worst: str


def interactions(
    params: Sequence[Mapping[str, Any]], places: Sequence[float], names: Sequence[str]
) -> list[Interaction]:
    """The interactions that chance does not give, the strongest first.

    Args:
        params: The parameters of each trial, as Optuna stores them.
        places: The place of each trial, the best the lowest.
        names: The parameters that are looked at.
    """
    dice = np.random.default_rng(0)
    ranks = np.argsort(np.argsort(np.asarray(places), kind="stable"), kind="stable") / len(places)
    grouped = {name: _groups([one.get(name) for one in params]) for name in names}
    rows = []
    for one, other in combinations(names, 2):
        (left, left_words), (right, right_words) = grouped[one], grouped[other]
        both = (left >= 0) & (right >= 0)
        if both.sum() < FEWEST or len(left_words) < 2 or len(right_words) < 2:
            continue
        y, a, b = ranks[both], left[both], right[both]
        share = _share(y, a, b, dice)
        if share is None:
            continue
        means = {
            (i, j): float(y[(a == i) & (b == j)].mean())
            for i in range(len(left_words))
            for j in range(len(right_words))
            if ((a == i) & (b == j)).sum() >= 3
        }
        if len(means) < 3:
            continue
        best, worst = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        words = [f"{left_words[i]} with {right_words[j]}" for i, j in (best, worst)]
        rows.append(Interaction(one, other, share, int(both.sum()), *words))
    return sorted(rows, key=lambda row: -row.share)


def _share(y: Floats, a: NDArray[Any], b: NDArray[Any], dice: np.random.Generator) -> float | None:
    """What pairs of groups explain beyond the sum of both; None where chance does as much."""
    total = float(((y - y.mean()) ** 2).sum())
    if total <= 0:
        return None
    sides = np.concatenate([np.eye(a.max() + 1)[a], np.eye(b.max() + 1)[b][:, 1:]], axis=1)
    pairs = np.unique(a * (b.max() + 1) + b, return_inverse=True)[1]
    orthogonal, _ = np.linalg.qr(sides)
    cells = np.eye(pairs.max() + 1)[pairs]
    cells = cells - orthogonal @ (orthogonal.T @ cells)
    basis, sizes, _ = np.linalg.svd(cells, full_matrices=False)
    basis = basis[:, sizes > 1e-9 * max(1.0, float(sizes.max(initial=0.0)))]
    if not basis.shape[1]:
        return None
    remainder = y - orthogonal @ (orthogonal.T @ y)
    explained = float(((basis.T @ remainder) ** 2).sum())
    dealt = np.array([dice.permutation(remainder) for _ in range(DEALT)])
    chance = ((dealt @ basis) ** 2).sum(axis=1)
    if explained < chance.mean() + SURE * chance.std():
        return None
    return float((explained - chance.mean()) / total)


def _groups(values: Sequence[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """The group of each value, -1 where there is none, and what the groups are called."""
    known = [value for value in values if value is not None]
    members = sorted(set(known), key=str)
    if len(members) <= GROUPS or not all(map(is_number, members)):
        index = {member: at for at, member in enumerate(members)}
        groups = [-1 if value is None else index[value] for value in values]
        return np.array(groups, np.int64), [str(member) for member in members]
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, GROUPS + 1)[1:-1], method="lower"))
    numbers = np.array([np.nan if value is None else float(value) for value in values])
    at = np.searchsorted(cuts, numbers, side="left")
    at[np.isnan(numbers)] = -1
    words = [f"up to {cuts[0]:.3g}"]
    words += [f"{low:.3g} to {high:.3g}" for low, high in pairwise(cuts)]
    return at.astype(np.int64), [*words, f"above {cuts[-1]:.3g}"]
