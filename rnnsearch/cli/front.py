"""Print the front of a study of several goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnnsearch.cli.text import print_table, screen_width
from rnnsearch.commands import command
from rnnsearch.space.constraints import PARAMETERS
from rnnsearch.space.goals import chosen_words, other_goals
from rnnsearch.space.words import short_params

if TYPE_CHECKING:
    from rnnsearch.study import StudyResult

HEADS = {PARAMETERS: "number of parameters"}
"""Heads of columns, where the name alone is that of another one."""

MOST = 20
"""Rows of a front that are printed."""


def goal_cells(row: Mapping[str, Any], result: StudyResult) -> dict[str, Any]:
    """The values of a row of the leaderboard in the goals beside the metric; none with one goal."""
    values = row.get("goals") or {}
    names = [one.name for one in other_goals(result.spec.search.goals)]
    return {HEADS.get(name, name): values.get(name) for name in names}


def print_front(result: StudyResult) -> None:
    """Print the trials that no other beats in every goal, from the best by the metric on."""
    front = [row for row in result.leaderboard() if row.get("front") == 1]
    if not front:
        return
    places = result.fronts()
    print(f"\nfront: {len(front)} of {len(places)} trials that no other beats in every goal")
    rows = [
        {
            "": "*" if row["winner"] else "",
            "trial": row["name"],
            result.spec.search.metric: row["value"],
            **goal_cells(row, result),
            "state": row["state"],
            "parameters": short_params(row["params"]),
        }
        for row in front[:MOST]
    ]
    print_table(rows, width=screen_width())
    if any(row["winner"] for row in front):
        print(f"*: the winner{chosen_words(result.spec)}")
    if len(front) > MOST:
        name, storage = result.directory.name, result.directory.storage
        print(f"... and {len(front) - MOST} more: {command('trials', name, storage=storage)}")
