"""What a search would need that knew all other rows of the table before it began.

Each row's place is foretold by a forest of extremely randomized trees (Geurts et al., "Extremely
randomized trees", 2006) that was fitted to the rows of nine other tenths, trained to their ends.
The rows are then trained whole, one after the other, the one with the best place first, until one
is among the best 1 %. A search learns the same from the few rows that it has trained, so who needs
less than this time was lucky, or stopped rows before their ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from table.reading import Table

TREES, REPEATS, FOLDS, SMALLEST_LEAF = 200, 5, 10, 2


def knowing(table: Table, share: float) -> dict[str, Any]:
    """Device time, in trainings of average length, until a row is among so good a share of all.

    Returns:
        The median over the repeats, with the least and the most.
    """
    spent = [_spent(table, share, seed) for seed in range(REPEATS)]
    return {
        "space": table.name,
        "rows": len(table.params),
        "trainings": f"{np.median(spent):.3g} ({min(spent):.3g} to {max(spent):.3g})",
    }


def _spent(table: Table, share: float, seed: int) -> float:
    ranks = np.array([table.rank(one.value(table.goal)) for one in table.first])
    seconds = np.array([sum(one.seconds) for one in table.first])
    order = np.argsort(_foretold(table.features(), ranks, seed), kind="stable")
    first = int(np.argmax(ranks[order] < share))
    return float(seconds[order][: first + 1].sum() / table.full_seconds)


def _foretold(
    features: NDArray[np.float64], ranks: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """The place of each row, from the others; low ones are told apart best, by the logarithm."""
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.model_selection import KFold

    # Among rows alike, which comes first is chance.
    foretold = np.random.default_rng(seed).uniform(0.0, 1e-9, len(ranks))
    for others, own in KFold(FOLDS, shuffle=True, random_state=seed).split(features):
        forest = ExtraTreesRegressor(
            TREES, min_samples_leaf=SMALLEST_LEAF, max_features=0.5, random_state=seed
        )
        forest.fit(features[others], np.log(ranks[others] + 1 / len(ranks)))
        foretold[own] += forest.predict(features[own])
    return foretold
