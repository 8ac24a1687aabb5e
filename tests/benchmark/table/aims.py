"""What the replays say about the aims, in a few lines and small tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from table.comparing import (
    BUDGETS,
    Figures,
    Ranks,
    apart,
    ends,
    grouped,
    interval,
    ranked,
    resampled,
    stopped,
    timed,
    times,
)
from table.contenders import DEFAULT, RANDOM
from table.reading import Table
from table.replays import Row

RIVALS = ("Optuna", "Ray Tune")
SHARE, TENTH, AHEAD, LOST = 0.01, 0.1, 1.5, 2.0
"""The aims: so good a share of the rows in such a part of random search's time, so far ahead of the
best rival, and the best trial stopped in at most so many percent of studies."""

Tables = Mapping[str, Table]
Rows = Mapping[str, Sequence[Row]]


def soonest(tables: Tables, rows: Rows, workers: int) -> Iterator[dict[str, Any]]:
    """A row a space: how long the default and random search take to the best 1 %."""
    for name, table in tables.items():
        groups = grouped(rows[name], workers)
        if DEFAULT not in groups or RANDOM not in groups:
            continue
        ours, random = (times(table, groups[who], SHARE) for who in (DEFAULT, RANDOM))
        line: dict[str, Any] = {"at once": workers, "space": name}
        for title, who, some in (("default", DEFAULT, ours), ("random search", RANDOM, random)):
            longest = min(row["trainings"] for row in groups[who].values())
            line[title] = timed(float(np.median(some)), longest)
        line["the default's part of it"], line["a tenth or less"] = _part(ours, random)
        yield line


def _part(ours: Figures, random: Figures) -> tuple[str, str]:
    """The default's time as a part of random search's, with its interval where most resamples came
    there, and whether that is a tenth."""
    with np.errstate(invalid="ignore"):
        part = float(np.median(ours) / np.median(random))
        resampled_parts = np.median(ours[resampled(len(ours))], axis=1) / np.median(
            random[resampled(len(random))], axis=1
        )
    if not np.isfinite(part) or part == 0:
        return "", "no" if np.isfinite(np.median(random)) else "not known"
    low, high = ends(np.nan_to_num(resampled_parts, nan=np.inf, posinf=np.inf))
    known = f" ({low:.2g}, {high:.2g})" if low > 0 and high < np.inf else ""
    return f"{part:.2g}{known}", "yes" if part <= TENTH else "no"


def behind(tables: Tables, rows: Rows, workers: int) -> tuple[list[str], int]:
    """The cells in which a rival is ahead of the default by more than the noise, in words, and how
    many cells there are."""
    ranks = ranked(tables, rows, workers)
    cells, count = [], 0
    for who in _rivals(ranks):
        values = apart(ranks, who)
        for place, budget in enumerate(BUDGETS):
            column = values[:, place]
            if not len(column) or np.isnan(column).any():
                continue
            count += 1
            low, high = interval(column, np.mean)
            if low > 0:
                cells.append(
                    f"{who}, {workers} at once, {budget} trainings: "
                    f"{column.mean():.2g} points ({low:.2g}, {high:.2g})"
                )
    return cells, count


def ahead(tables: Tables, rows: Rows, workers: int) -> Iterator[dict[str, Any]]:
    """A row: the best rival's median share of better rows over the default's, at each budget."""
    ranks = ranked(tables, rows, workers)
    rivals = _rivals(ranks)
    if DEFAULT not in ranks or not rivals:
        return
    seeds = sorted(set(ranks[DEFAULT].seeds).intersection(*(ranks[who].seeds for who in rivals)))
    again = resampled(len(seeds))
    line: dict[str, Any] = {"at once": workers}
    for place, budget in enumerate(BUDGETS):
        ours = ranks[DEFAULT].at(seeds)[:, place]
        theirs = [ranks[who].at(seeds)[:, place] for who in rivals]
        line[str(budget)] = _ratio(ours, theirs, again)
    yield line


def _ratio(ours: Figures, theirs: Sequence[Figures], again: NDArray[np.int64]) -> str:
    """The lowest of their medians over ours, with its interval."""
    if np.isnan(ours).any() or any(np.isnan(one).any() for one in theirs):
        return ""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = min(np.median(one) for one in theirs) / np.median(ours)
        lowest = np.min([np.median(one[again], axis=1) for one in theirs], axis=0)
        low, high = ends(
            np.nan_to_num(lowest / np.median(ours[again], axis=1), nan=1.0, posinf=np.inf)
        )
    return f"{ratio:.2f} ({low:.2f}, {high:.2f})"


def best_stopped(rows: Rows, workers: int) -> str:
    """How often the default stopped the best trial of a study, and what it saved."""
    some = [
        row
        for rows_of_space in rows.values()
        for row in rows_of_space
        if row["kind"] == "study" and row["who"] == DEFAULT and row["workers"] == workers
    ]
    if not some:
        return f"{workers} at once: not replayed"
    told = stopped(some)
    share = 100 * np.mean([row["stopped"] for row in some])
    return (
        f"{workers} at once, {told['studies']} studies: {'yes' if share <= LOST else 'no'}, "
        f"{share:.0f} %; its value was lost in {told['and its value lost, %']} %, with "
        f"{told['better rows by that, %']} % of the rows between; "
        f"{told['device time saved, %']} % of the device time was saved"
    )


def random_stopped(judged: Sequence[Mapping[str, Any]]) -> str:
    """The same in studies of random trials, the mean over the spaces."""
    share, lost, rows, saved = (
        np.mean([float(one[key]) for one in judged])
        for key in (
            "best was stopped, %",
            "and its value lost, %",
            "better rows by that, %",
            "device time saved, %",
        )
    )
    return (
        f"random trials, {judged[0]['studies']} studies on each space: "
        f"{'yes' if share <= LOST else 'no'}, {share:.0f} %; its value was lost in {lost:.0f} %, "
        f"with {rows:.2g} % of the rows between; {saved:.0f} % of the device time was saved"
    )


def _rivals(ranks: Mapping[str, Ranks]) -> list[str]:
    return [who for who in ranks if who.startswith(RIVALS) and DEFAULT in ranks]
