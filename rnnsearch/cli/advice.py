"""Print what a study's trials say of the next search."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rnnsearch.cli.text import print_table
from rnnsearch.space.words import short

if TYPE_CHECKING:
    from rnnsearch.search.advice.advice import Advice


def print_advice(advice: Advice, metric: str) -> None:
    """Print edges, interactions and kinds of network beside one another."""
    if advice.edges:
        print("\nthe best trials lie at an end of the range:")
        print_table(
            [
                {
                    "parameter": one.param,
                    "end": short(one.at),
                    "best trials there": f"{one.trials} of {one.best}",
                    "wider": _written(one.proposed),
                }
                for one in advice.edges
            ]
        )
    if advice.interactions:
        print("\nparameters of which one decides what is good of the other:")
        print_table(
            [
                {
                    "parameters": f"{one.one}, {one.other}",
                    "share": f"{one.share:.0%}",
                    "trials": one.trials,
                    "best": one.best,
                    "worst": one.worst,
                }
                for one in advice.interactions
            ]
        )
    for equal, rows in groupby(advice.cells, key=lambda one: one.equal):
        print(f"\nwith {equal} each:")
        print_table(
            [{"kind": one.kind, "trials": one.trials, f"best {metric}": one.best} for one in rows]
        )
    for text in advice.untold:
        print(f"cannot be told: {text}")


def _written(proposed: object) -> str:
    """A distribution as a space file writes it in a line."""
    return short(proposed).replace('"', "").strip("{}")
