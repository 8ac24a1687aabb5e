"""What keys of `asha` cost and save: studies of random trials, so that nothing else differs."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, median
from typing import Any

from table.comparing import STUDY, facts
from table.contenders import our
from table.course import Size
from table.reading import Table

KEYS: tuple[dict[str, float], ...] = (
    {},
    {"reduction_factor": 2},
    {"reduction_factor": 1.5},
    {"grace_period": 10},
    {"grace_period": 10, "reduction_factor": 2},
    {"grace_period": 15, "reduction_factor": 2},
    {"min_trials": 8},
    {"brackets": 3},
    {"reduction_factor": 2, "min_trials": 8},
    {"grace_period": 10, "reduction_factor": 2, "min_trials": 8},
)


def kept(table: Table, repeats: int) -> Iterator[dict[str, Any]]:
    """A row for each set of keys, over the same studies of as many trials as by default."""
    for keys in KEYS:
        replay = our("random", "asha", **keys)
        some = [facts(table, replay(table, Size(STUDY), seed)) for seed in range(repeats)]
        yield {
            "space": table.name,
            "asha with": ", ".join(f"{key} {value}" for key, value in keys.items()) or "defaults",
            "studies": repeats,
            "best was stopped, %": 100 * fmean(row["stopped"] for row in some),
            "and its value lost, %": 100 * fmean(row["lost"] for row in some),
            "better rows by that, %": fmean(row["lost_rank"] for row in some),
            "device time saved, %": 100
            * median(1 - row["seconds"] / row["full_seconds"] for row in some),
            "better rows at the end, %": 100
            * median(table.rank(row["curve"][-1][1]) for row in some),
        }
