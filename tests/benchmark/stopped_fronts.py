"""What MO-ASHA leaves of the front of random trials of the table, by `of: best` and `of: last`.

The goals are the metric and the size of the recurrent layers.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, get_args

import numpy as np
from table.reading import Table

from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.fronts import Costs, fronts, levelled
from rnnsearch.stopping.hypervolume import hypervolume

Of = Literal["best", "last"]


@dataclass(frozen=True, slots=True)
class Left:
    """What a rule left of random trials of the table.

    Attributes:
        volume: Percent of the volume of their front that the complete ones fill.
        front: Percent of the front's trials that were stopped.
        epochs: Percent of the epochs that were trained.
    """

    volume: float
    front: float
    epochs: float


def rows_of(table: Table, trials: int, at_once: int, seeds: int) -> list[dict[str, Any]]:
    """Means over the seeds."""
    rows = []
    for of in get_args(Of):
        some = [left(table, of, trials, at_once, seed) for seed in range(seeds)]
        rows.append(
            {
                "space": table.name,
                "at once": at_once,
                "trials": trials,
                "of": of,
                "volume, %": round(fmean(one.volume for one in some), 1),
                "of the front stopped, %": round(fmean(one.front for one in some), 1),
                "epochs, %": round(fmean(one.epochs for one in some)),
            }
        )
    return rows


def left(table: Table, of: Of, trials: int, at_once: int, seed: int) -> Left:
    """Random rows of the table under MO-ASHA, by their true values to the end and their sizes."""
    rows = random.Random(seed).sample(range(len(table.params)), trials)
    rows = [row for row in rows if not table.first[row].diverged]
    points = {at: (_cost(table, row), _parameters(table, row)) for at, row in enumerate(rows)}
    rule = AshaConfig(of=of).rule_by_goals(
        table.max_epochs, table.goal, lambda number, epoch: (points[number][1],)
    )
    heap: list[tuple[float, int, int]] = []
    waiting, trained, complete = iter(range(len(rows))), 0, list[int]()

    def board(now: float) -> None:
        if (at := next(waiting, None)) is not None:
            heapq.heappush(heap, (now + table.first[rows[at]].seconds[0], at, 1))

    for _ in range(at_once):
        board(0.0)
    while heap:
        now, at, epoch = heapq.heappop(heap)
        training = table.first[rows[at]]
        trained += 1
        rule.record(at, epoch, training.objective[epoch - 1])
        if epoch < table.max_epochs and rule.decide(at) is None:
            heapq.heappush(heap, (now + training.seconds[epoch], at, epoch + 1))
            continue
        if epoch == table.max_epochs:
            complete.append(at)
        board(now)
    parts = dict(zip(points, _parts(list(points.values())), strict=True))
    corner = (1.0, 1.0)
    front = next(iter(fronts(points)))
    return Left(
        100
        * hypervolume([parts[at] for at in complete], corner)
        / hypervolume(list(parts.values()), corner),
        100 * sum(at not in complete for at in front) / len(front),
        100 * trained / (len(rows) * table.max_epochs),
    )


def _parts(points: list[Costs]) -> list[Costs]:
    """Costs between the best of each goal, 0, and the median, 1, beyond which nothing is filled."""
    matrix = levelled(points)
    least, middle = matrix.min(0), np.median(matrix, axis=0)
    return [tuple(row) for row in ((matrix - least) / (middle - least)).tolist()]


def _cost(table: Table, row: int) -> float:
    return table.goal.cost(table.first[row].value(table.goal))


def _parameters(table: Table, row: int) -> float:
    params = table.params[row]
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[params.get("model.cell", "gru")]
    ways = 2 if params.get("model.bidirectional") in (True, "true") else 1
    units, layers = params["model.hidden_size"], params.get("model.num_layers", 1)
    return float(gates * ways * units**2 * layers)
