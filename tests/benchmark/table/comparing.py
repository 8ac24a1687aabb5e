"""Runs replays of all contenders, and makes medians with intervals of them.

Every replay is a line of JSON in a file a space, so that a comparison that was ended goes on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import InputError
from table.contenders import DEFAULT, RANDOM, Replay
from table.course import Course, Size
from table.reading import Table

BUDGETS = (1, 2, 3, 5, 7, 10, 15, 20)
"""Device time, in trainings of average length to the last epoch."""
STUDY = 60
"""Trials of a study whose stops are counted: the default of `search.num_trials`."""
STUDIES = "rnnsearch: tpe"
"""Whose stops are counted: those of our rules, with the default sampler."""
RESAMPLES = 1000
TOPS = (0.05, 0.01)


def budget_seconds(table: Table, trainings: float) -> float:
    """Device seconds of so many trainings of average length."""
    return trainings * table.full_seconds


def run(
    table: Table,
    who: Mapping[str, Replay],
    repeats: int,
    file: Path,
    say: Callable[[str], None],
) -> None:
    """Replay what is missing of so many repeats of each contender, in two sizes.

    One has as much device time as the largest budget, and the other so many trials as a study has
    by default.
    """
    done = {(one["who"], one["kind"], one["seed"]) for one in read(file)}
    budget = budget_seconds(table, max(BUDGETS))
    sizes = {"budget": Size(10 * max(BUDGETS), seconds=budget), "study": Size(STUDY)}
    for seed in range(repeats):
        for name, replay in who.items():
            for kind, size in sizes.items():
                if (name, kind, seed) in done or (kind == "study" and not name.startswith(STUDIES)):
                    continue
                try:
                    row = facts(table, replay(table, size, seed))
                except InputError as error:
                    row = {"refused": str(error)}
                with file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({"who": name, "kind": kind, "seed": seed, **row}) + "\n")
        say(f"{table.name}: {seed + 1} of {repeats} repeats")


def read(file: Path) -> list[dict[str, Any]]:
    """The replays that are there."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def facts(table: Table, course: Course) -> dict[str, Any]:
    """What is kept of a replay.

    `stopped` and `lost` tell of the best configuration of those that were drawn: whether it was
    stopped, whether the study then ended with a worse value than it would have had, and how many
    rows of the table lie between both, in percent.
    """
    curve = [(at, value) for at, _, value in course.incumbents(table)]
    goal = table.goal
    drawn = {one.row: table.first[one.row].value(goal) for one in course.trials}
    best = goal.best(drawn.values())
    ways = [one for one in course.trials if drawn[one.row] == best]
    seconds, full = course.seconds(table), course.full_seconds(table)
    return {
        "trials": len(course.trials),
        "curve": [(float(f"{at:.6g}"), value) for at, value in curve],
        "stopped": all(one.stopped for one in ways),
        "lost": not curve or goal.better(best, curve[-1][1]),
        "lost_rank": 100 * (rank_at(table, curve, math.inf) - table.rank(best)),
        "seconds": seconds,
        "full_seconds": full,
    }


def rank_at(table: Table, curve: Sequence[tuple[float, float]], seconds: float) -> float:
    """The share of the table that is better than what a search had by then, 1 before anything."""
    values = [value for at, value in curve if at <= seconds]
    return table.rank(values[-1]) if values else 1.0


def reached(table: Table, curve: Sequence[tuple[float, float]], share: float) -> float:
    """Device time until a value of so good a share of the table, in trainings; infinite where
    there was none."""
    unit = budget_seconds(table, 1)
    return next((at / unit for at, value in curve if table.rank(value) < share), math.inf)


def interval(
    values: Sequence[float], of: Callable[[Any], float] = np.median
) -> tuple[float, float]:
    """The bootstrap's 95 % interval of a figure of some values."""
    draw = np.random.default_rng(0)
    some = np.array(values)[draw.integers(len(values), size=(RESAMPLES, len(values)))]
    figures = sorted(of(row) for row in some)
    return float(figures[RESAMPLES // 40]), float(figures[-RESAMPLES // 40])


def grouped(
    rows: Sequence[Mapping[str, Any]], kind: str = "budget"
) -> dict[str, list[Mapping[str, Any]]]:
    """The replays of a kind by contender, without the refused ones."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["kind"] == kind and "refused" not in row:
            groups.setdefault(row["who"], []).append(row)
    return groups


def regrets(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """A row a contender: its median rank at each budget in percent, with its interval.

    Of several spaces the rank of a repeat is the mean over them, and times are those of the space
    that took longest.
    """
    for who, ranks in ranked(tables, rows).items():
        line: dict[str, Any] = {"who": who, "repeats": ranks.shape[0]}
        for place, budget in enumerate(BUDGETS):
            line[str(budget)] = spread(ranks[:, place], np.median)
        for share in TOPS:
            times = [
                median(reached(table, row["curve"], share) for row in grouped(rows[name])[who])
                for name, table in tables.items()
            ]
            line[f"best {100 * share:.0f} % after"] = timed(max(times))
        yield line


def differences(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """A row a contender: the default's rank less its own, repeat by repeat, in points of percent.

    Below zero the default is ahead; where the whole interval is above, it is behind by more than
    the noise.
    """
    ranks = ranked(tables, rows)
    for who in ranks:
        if who != DEFAULT:
            both = min(len(ranks[who]), len(ranks[DEFAULT]))
            apart = ranks[DEFAULT][:both] - ranks[who][:both]
            line: dict[str, Any] = {"the default against": who}
            for place, budget in enumerate(BUDGETS):
                line[str(budget)] = spread(apart[:, place], np.mean)
            yield line


def ranked(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, NDArray[np.float64]]:
    """Ranks in percent [repeats, budgets] of those who were replayed on all spaces, means over
    them."""
    groups = {name: grouped(rows[name]) for name in tables}
    names = [
        who for who in next(iter(groups.values())) if all(who in one for one in groups.values())
    ]
    ranks = {}
    for who in names:
        repeats = min(len(one[who]) for one in groups.values())
        ranks[who] = np.mean(
            [
                [
                    [
                        100 * rank_at(table, row["curve"], budget_seconds(table, budget))
                        for budget in BUDGETS
                    ]
                    for row in groups[name][who][:repeats]
                ]
                for name, table in tables.items()
            ],
            axis=0,
        )
    return ranks


def spread(values: Sequence[float], of: Callable[[Any], Any]) -> str:
    """A figure of some values with its interval, in words."""
    low, high = interval(values, of)
    return f"{of(values):.2g} ({low:.2g}, {high:.2g})"


def timed(time: float) -> str:
    """A time until a target; those that never came there count as infinite."""
    return f"> {max(BUDGETS)}" if math.isinf(time) else f"{time:.3g}"


def stops(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row a contender: what its stops cost and saved, in studies of `STUDY` trials."""
    for who, some in grouped(rows, "study").items():
        stopped = [float(row["stopped"]) for row in some]
        lost = [float(row["lost"]) for row in some]
        low, high = (100 * end for end in interval(lost, np.mean))
        saved = median(1 - row["seconds"] / row["full_seconds"] for row in some)
        yield {
            "who": who,
            "studies": len(some),
            "best was stopped, %": f"{100 * np.mean(stopped):.0f}",
            "and its value lost, %": f"{100 * np.mean(lost):.0f} ({low:.0f}, {high:.0f})",
            "better rows by that, %": f"{np.mean([row['lost_rank'] for row in some]):.2g}",
            "device time saved, %": f"{100 * saved:.0f}",
        }


def order(names: Sequence[str]) -> list[str]:
    """Contenders with the default and random search first."""
    return sorted(names, key=lambda one: (one != DEFAULT, one != RANDOM))
