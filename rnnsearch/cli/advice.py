"""Print what a study's trials say of the next search."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rnnsearch.cli.text import print_table
from rnnsearch.space.words import short

if TYPE_CHECKING:
    from rnnsearch.search.advice.advice import Advice
    from rnnsearch.study import StudyResult


def print_advice(result: StudyResult, advice: Advice) -> None:
    """Print edges, interactions and kinds of network beside one another, and what to try next."""
    metric, last = result.spec.search.metric, int(result.spec.values["training.max_epochs"])
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
    late = advice.unfinished
    if late.most:
        print(
            f"\n{late.trials} of {late.complete} complete trials were still getting better at the "
            f"last epoch: try training.max_epochs={2 * last}"
        )
    if (rival := _better_baseline(result)) is not None:
        print(f"\nno trial beats the baseline {rival[0]} ({short(rival[1])}). {_ADVICE}")
    for text in advice.untold:
        print(f"cannot be told: {text}")


_ADVICE = (
    "What may help: the wider ranges and more epochs that are told above; fields that this study "
    "holds fixed (`rnnsearch keys` lists them); other inputs. Where the baseline stays ahead, it "
    "is the better model."
)


def _better_baseline(result: StudyResult) -> tuple[str, float] | None:
    """The best baseline where no trial is better; None where one is."""
    board = result.leaderboard()
    rivals = [row for row in board if row["kind"] == "baseline" and row["value"] is not None]
    ours = [one.best_value for one in result.trials if one.best_value is not None]
    if not rivals or not ours:
        return None
    goal = result.spec.search.goal
    best = min(rivals, key=lambda row: goal.cost(row["value"]))
    if goal.cost(best["value"]) > min(map(goal.cost, ours)):
        return None
    return str(best["name"]), float(best["value"])


def _written(proposed: object) -> str:
    """A distribution as a space file writes it in a line."""
    return short(proposed).replace('"', "").strip("{}")
