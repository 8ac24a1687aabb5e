"""Makes medians with intervals of replays: what each search had at each device time, and how far
the default is from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from table.contenders import DEFAULT
from table.reading import Table
from table.replays import Row, rank_at, reached

BUDGETS = (1, 3, 5, 10, 20, 40, 60, 100)
"""Device time, in trainings of average length to the last epoch."""
RESAMPLES = 1000
TOPS = (0.05, 0.01)
Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranks:
    """What the repeats of a contender had, over some spaces.

    Attributes:
        seeds: Of the repeats.
        values: The share of better rows in percent, the mean over the spaces, [repeats, budgets];
            NaN at budgets that it was not replayed to.
        rows: The replays.
    """

    seeds: tuple[int, ...]
    values: Figures
    rows: tuple[Row, ...]

    def at(self, seeds: Sequence[int]) -> Figures:
        """The values of some repeats."""
        return self.values[[self.seeds.index(seed) for seed in seeds]]


def grouped(rows: Sequence[Row], workers: int, kind: str = "budget") -> dict[str, dict[int, Row]]:
    """The replays with so many workers by contender and seed, without the refused ones."""
    groups: dict[str, dict[int, Row]] = {}
    for row in rows:
        if row["kind"] == kind and row["workers"] == workers and "refused" not in row:
            groups.setdefault(row["who"], {})[row["seed"]] = row
    return groups


def ranked(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]], workers: int
) -> dict[str, Ranks]:
    """Those who were replayed on all spaces, by name."""
    groups = {name: grouped(rows[name], workers) for name in tables}
    ranks = {}
    for who in next(iter(groups.values()), {}):
        some = [group.get(who, {}) for group in groups.values()]
        seeds = tuple(sorted(set(some[0]).intersection(*some[1:])))
        if not seeds:
            continue
        values = np.mean(
            [
                [_ranks(table, groups[name][who][seed]) for seed in seeds]
                for name, table in tables.items()
            ],
            axis=0,
        )
        used = tuple(group[seed] for group in some for seed in seeds)
        ranks[who] = Ranks(seeds, values, used)
    return ranks


def _ranks(table: Table, row: Row) -> list[float]:
    """The share of better rows in percent at each budget."""
    return [
        100 * rank_at(table, row["curve"], budget * table.full_seconds)
        if budget <= row["trainings"]
        else math.nan
        for budget in BUDGETS
    ]


def times(table: Table, rows: Mapping[int, Row], share: float) -> Figures:
    """Device time until so good a value in each repeat, in trainings; infinite where none came."""
    return np.array([reached(table, row["curve"], share) for row in rows.values()])


def regrets(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]], workers: int
) -> Iterator[dict[str, Any]]:
    """A row a contender: its median rank at each budget in percent, with its interval.

    Of several spaces the rank of a repeat is the mean over them, and times are those of the space
    that took longest.
    """
    for who, ranks in ranked(tables, rows, workers).items():
        line: dict[str, Any] = {"who": who, **origin(ranks)}
        for place, budget in enumerate(BUDGETS):
            line[str(budget)] = spread(ranks.values[:, place])
        longest = min(row["trainings"] for row in ranks.rows)
        for share in TOPS:
            worst = max(
                float(np.median(times(table, grouped(rows[name], workers)[who], share)))
                for name, table in tables.items()
            )
            line[f"best {100 * share:.0f} % after"] = timed(worst, longest)
        yield line


def origin(ranks: Ranks) -> dict[str, Any]:
    """How many repeats a contender has, of which commit, and what else the machine did."""
    loads = [row["load"] for row in ranks.rows]
    commits = sorted({row["commit"] for row in ranks.rows})
    return {
        "repeats": len(ranks.seeds),
        "commit": ", ".join(commits),
        "load": f"{min(loads):.0f} to {max(loads):.0f}",
    }


def apart(ranks: Mapping[str, Ranks], who: str) -> Figures:
    """The default's rank less that of another, repeat by repeat."""
    both = sorted(set(ranks[who].seeds) & set(ranks[DEFAULT].seeds))
    return ranks[DEFAULT].at(both) - ranks[who].at(both)


def differences(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]], workers: int
) -> Iterator[dict[str, Any]]:
    """A row a contender: the default's rank less its own, repeat by repeat, in points of percent.

    Below zero the default is ahead; where the whole interval is above, it is behind by more than
    the noise.
    """
    ranks = ranked(tables, rows, workers)
    for who in ranks:
        if who != DEFAULT and DEFAULT in ranks:
            values = apart(ranks, who)
            line: dict[str, Any] = {"the default against": who}
            for place, budget in enumerate(BUDGETS):
                line[str(budget)] = spread(values[:, place], np.mean)
            yield line


def interval(values: Figures, of: Any = np.median) -> tuple[float, float]:
    """The bootstrap's 95 % interval of a figure of some values."""
    return ends(of(np.asarray(values)[resampled(len(values))], axis=1))


def resampled(count: int) -> NDArray[np.int64]:
    """Places of values drawn again with replacement, [resamples, values]; always the same."""
    return np.random.default_rng(0).integers(count, size=(RESAMPLES, count))


def ends(figures: Figures) -> tuple[float, float]:
    """The ends of the 95 % interval of resampled figures."""
    some = np.sort(figures)
    return float(some[RESAMPLES // 40]), float(some[-RESAMPLES // 40])


def spread(values: Figures, of: Any = np.median) -> str:
    """A figure of some values with its interval, in words; nothing where one is not known."""
    if not len(values) or np.isnan(values).any():
        return ""
    low, high = interval(values, of)
    return f"{of(values):.2g} ({low:.2g}, {high:.2g})"


def timed(time: float, longest: float) -> str:
    """A time until a target; those that never came there count as infinite."""
    return f"> {longest}" if math.isinf(time) else f"{time:.3g}"


def stops(rows: Sequence[Row], workers: int) -> Iterator[dict[str, Any]]:
    """A row a contender: what its stops cost and saved, in studies of so many trials as one has by
    default; rows may be of several spaces."""
    studies: dict[str, list[Row]] = {}
    for row in rows:
        if row["kind"] == "study" and row["workers"] == workers and "refused" not in row:
            studies.setdefault(row["who"], []).append(row)
    for who, some in studies.items():
        yield {"who": who, **stopped(some)}


def stopped(some: Sequence[Row]) -> dict[str, Any]:
    """What stops cost and saved in some studies."""
    lost = np.array([float(row["lost"]) for row in some])
    low, high = (100 * end for end in interval(lost, np.mean))
    saved = np.median([1 - row["seconds"] / row["full_seconds"] for row in some])
    return {
        "studies": len(some),
        "best was stopped, %": f"{100 * np.mean([row['stopped'] for row in some]):.0f}",
        "and its value lost, %": f"{100 * lost.mean():.0f} ({low:.0f}, {high:.0f})",
        "better rows by that, %": f"{np.mean([row['lost_rank'] for row in some]):.2g}",
        "device time saved, %": f"{100 * saved:.0f}",
    }
