"""Print the leaderboard of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnnsearch.cli.front import goal_cells
from rnnsearch.cli.text import print_table, screen_width
from rnnsearch.space.constraints import refused_words
from rnnsearch.space.goals import chosen_words
from rnnsearch.space.words import short, short_params

if TYPE_CHECKING:
    from rnnsearch.study import StudyResult

WINNER = "*"
"""The mark of the winner in the leaderboard."""


def print_leaderboard(result: StudyResult, top: int) -> None:
    """Print the best trials, and the baselines in their places among them.

    Args:
        top: How many rows to print; finalists and baselines are printed wherever they stand.
    """
    rows = result.leaderboard()
    if not rows:
        print(f"the study {result.directory.name!r} has no trial yet")
        return
    kept = [row for row in rows[top:] if row["number"] is None or row["winner"] or row["seeds"]]
    shown = rows[:top] + kept
    means = any(row["seeds"] for row in shown)
    print_table([shown_row(row, result, means=means) for row in shown], width=screen_width())
    if result.spec.search.goals:
        print("front 1: trials that no other beats in every goal")
    if any(row["winner"] for row in shown):
        print(f"{WINNER}: {_why(result)}")
    if told := refused_words(result.refused):
        print(told)
    hidden = len(rows) - len(shown)
    if hidden > 0:
        print(f"... and {hidden} more trials: --top {len(rows)}")


def shown_row(row: Mapping[str, Any], result: StudyResult, *, means: bool) -> dict[str, Any]:
    """A row of the printed leaderboard.

    Args:
        means: Whether there is a column for the finalists' means over their seeds.
    """
    broken = row.get("violates") or {}
    mean = f"{short(row['mean'])} ({row['seeds']} seeds)" if row["seeds"] else ""
    return {
        "rank": row["rank"],
        "": WINNER if row["winner"] else "",
        "trial": row["name"],
        result.metric_name: row["value"],
        **goal_cells(row, result),
        **({"front": row.get("front")} if result.spec.search.goals else {}),
        **({"mean of seeds": mean} if means else {}),
        "at epoch": row["best_epoch"],
        "state": row["state"] + (f", breaks {', '.join(broken)}" if broken else ""),
        "parameters": short_params(row["params"]),
    }


def _why(result: StudyResult) -> str:
    """How the winner was chosen, in words."""
    assert result.champion is not None
    if result.champion.fused:
        return "the winner, better on the validation part than the best finalist alone"
    if result.champion.unfinished:
        return f"the winner, unfinished: {result.champion.unfinished}"
    among = chosen_words(result.spec)
    if any(row["seeds"] for row in result.leaderboard()):
        bound = result.spec.search.finalists.rule == "bound"
        means = f"by {'the bound of ' if bound else ''}the mean over its seeds"
        return f"the winner{among}, {means}; ranks are those of single trainings"
    return f"the winner{among}"
