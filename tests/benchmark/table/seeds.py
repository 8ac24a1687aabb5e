"""Champions by seeds against champions by one value: the expected regret on the test part.

Of the configurations that the table has with several seeds, a study draws some; each has the
training of a seed by chance. By one value the best of them is the champion, as it was trained. By
seeds the best few are trained with the other seeds too, and `search.finalist.choose` chooses, as
in a study: the best mean, and of it the weights of the best seed. Regret is the distance from the
best test metric of all these trainings.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import fmean
from typing import Any

import numpy as np

from rnnsearch.search.finalist import Finalist, choose
from table.comparing import interval
from table.reading import Table, Training

DRAWN = 30
TOP = 3
STUDIES = 500


def champions(table: Table) -> Iterator[dict[str, Any]]:
    """A row for each way of choosing."""
    by_one, by_seeds = [], []
    draw = random.Random(0)
    every = [one for some in table.seeds.values() for one in some]
    least = table.goal.best(_tested(table, one) for one in every)
    for _ in range(STUDIES):
        rows = draw.sample(sorted(table.seeds), min(DRAWN, len(table.seeds)))
        own = {row: draw.randrange(len(table.seeds[row])) for row in rows}
        ranked = sorted(
            rows, key=lambda row: table.goal.cost(_value(table, table.seeds[row][own[row]]))
        )
        by_one.append(_tested(table, table.seeds[ranked[0]][own[ranked[0]]]))
        finalists = []
        for row in ranked[:TOP]:
            some = table.seeds[row]
            seeds = (own[row], *(seed for seed in range(len(some)) if seed != own[row]))
            values = {seed: _value(table, some[seed]) for seed in seeds}
            finalists.append(Finalist(row, seeds, values))
        chosen = choose(finalists, table.goal)
        assert chosen is not None
        by_seeds.append(_tested(table, table.seeds[chosen[0]][chosen[1]]))
    for name, tested in (("one value", by_one), (f"mean of seeds, {TOP} finalists", by_seeds)):
        regret = [abs(value - least) for value in tested]
        low, high = interval(np.array(regret), np.mean)
        yield {
            "space": table.name,
            "champion by": name,
            "expected test regret": f"{fmean(regret):.3g} ({low:.3g}, {high:.3g})",
            "test, mean": fmean(tested),
        }


def _value(table: Table, training: Training) -> float:
    return training.value(table.goal)


def _tested(table: Table, training: Training) -> float:
    """The test metric of the epoch whose weights are kept."""
    at = training.best(table.goal)
    return table.goal.worst if at is None else training.test[at]
