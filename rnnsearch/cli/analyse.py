"""The command that tells what a study's search did, and which parameters mattered."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from rnnsearch.cli.options import FormatOption, Storage, StudyName
from rnnsearch.cli.progress import duration
from rnnsearch.cli.text import print_json, print_table
from rnnsearch.commands import DEFAULT_STORAGE

if TYPE_CHECKING:
    from rnnsearch.search.analysis import Analysis
    from rnnsearch.study import StudyResult

SHOWN = 10
"""Repeated trials that are named; `--format json` has all."""


def analyse(
    name: StudyName, storage: Storage = DEFAULT_STORAGE, format_: FormatOption = "text"
) -> None:
    """Tell what the search of a study did: how trials ended, how the best value fell or rose, and
    which parameters mattered."""
    from rnnsearch.study import Study

    result = Study.open(name, storage=storage).result()
    found = result.analysis()
    if format_ == "json":
        search = result.spec.search
        of = {"study": name, "metric": search.metric, "goal": search.goal}
        print_json({**of, **asdict(found)})
    else:
        _print(result, found)


def _print(result: StudyResult, found: Analysis) -> None:
    metric = result.spec.search.metric
    if found.states:
        print_table(
            [
                {
                    "state": row["state"],
                    "trials": row["trials"],
                    "epochs": row["epochs"],
                    "training": duration(row["seconds"]),
                    f"best {metric}": row["best"],
                    "median": row["median"],
                }
                for row in found.states
            ]
        )
    if found.stops:
        print()
        print_table(found.stops)
    if found.full_epochs:
        print(f"\nepochs of the ended trials: {found.epochs:,}, to the last {found.full_epochs:,}")
    if found.wall_seconds is not None:
        print(f"time: {duration(found.seconds)} of training, all trials together", end="; ")
        print(f"{duration(found.wall_seconds)} from the first start to the last end")
    if found.repeats:
        named = ", ".join(f"{row['number']} as {row['as']}" for row in found.repeats[:SHOWN])
        more = len(found.repeats) - SHOWN
        print(
            f"parameters drawn again, with another seed: {len(found.repeats)} trials "
            f"({named}{f' and {more} more' if more > 0 else ''})"
        )
    progress = [next(rows) for _, rows in groupby(found.best_so_far, key=lambda row: row["best"])]
    if progress := [row for row in progress if row["best"] is not None]:
        print(f"\nbest {metric} so far:")
        start = found.best_so_far[0]["time"] if found.started is None else found.started
        print_table(
            [
                {
                    "ended trials": row["ended"],
                    metric: row["best"],
                    "trial": row["number"],
                    "after": duration(row["time"] - start),
                }
                for row in progress
            ]
        )
    if found.importances:
        print("\nimportance of the parameters, by the completed trials that had them:")
        print_table(
            [
                {
                    "parameter": row["param"],
                    "importance": f"{row['importance']:.0%}",
                    "trials": row["trials"],
                }
                for row in found.importances
            ]
        )
    for text in found.warnings:
        print(f"note: {text}")
    for text in found.untold:
        print(f"cannot be told: {text}")
