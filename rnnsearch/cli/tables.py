"""A study's trials on standard output: the leaderboard, and one trial at length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnnsearch.cli.text import print_table, short, short_params

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.study import StudyResult

WINNER = "*"
CURVE_ROWS = 20
"""Epochs of a curve that are printed at most."""


def print_leaderboard(result: StudyResult, top: int) -> None:
    """The best trials, and the baselines where they stand among them."""
    rows = result.leaderboard()
    if not rows:
        print(f"the study {result.directory.name!r} has no trial yet")
        return
    # Finalists and baselines are of interest wherever they stand.
    kept = [row for row in rows[top:] if row["number"] is None or row["winner"] or row["seeds"]]
    shown = rows[:top] + kept
    print_table([_row(row, result, means=any(row["seeds"] for row in shown)) for row in shown])
    if any(row["winner"] for row in shown):
        print(f"{WINNER}: {_why(result)}")
    hidden = len(rows) - len(shown)
    if hidden > 0:
        print(f"... and {hidden} more trials: --top {len(rows)}")


def _row(row: Mapping[str, Any], result: StudyResult, *, means: bool) -> dict[str, Any]:
    """A line of the leaderboard, with a column for the finalists' means where there are any."""
    mean = f"{short(row['mean'])} ({row['seeds']} seeds)" if row["seeds"] else ""
    return {
        "rank": row["rank"],
        "": WINNER if row["winner"] else "",
        "trial": row["name"],
        result.spec.search.metric: row["value"],
        **({"mean of seeds": mean} if means else {}),
        "at epoch": row["best_epoch"],
        "state": row["state"],
        "parameters": short_params(row["params"]),
    }


def _why(result: StudyResult) -> str:
    assert result.champion is not None
    if result.champion.unfinished:
        return f"the winner, unfinished: {result.champion.unfinished}"
    if any(row["seeds"] for row in result.leaderboard()):
        return "the winner, by the mean over its seeds; ranks are those of single trainings"
    return "the winner"


def print_trial(record: TrialRecord, metric: str) -> None:
    """One trial at length: parameters, curve, end."""
    print(f"{record.name}: {record.state}" + (f", {record.reason}" if record.reason else ""))
    print(f"  seed {record.seed}, attempt {record.attempts}, {record.epoch} epochs", end="")
    print(f", {record.seconds:.1f} s of training" if record.seconds is not None else "")
    for key, value in record.params.items():
        print(f"  {key}: {short(value)}")
    if record.best_value is not None:
        print(f"  best {metric}: {short(record.best_value)} at epoch {record.best_epoch}")
    epochs = sorted(record.values_by_epoch)
    if epochs:
        kept = thinned(epochs, record.best_epoch)
        losses = record.losses_by_epoch
        print_table(
            [
                {
                    "epoch": epoch,
                    metric: record.values_by_epoch[epoch],
                    **({"train_loss": losses.get(epoch)} if losses else {}),
                }
                for epoch in kept
            ]
        )
        if len(kept) < len(epochs):
            print(f"({len(kept)} of {len(epochs)} epochs; --format json has all)")


def thinned(epochs: list[int], best: int | None) -> list[int]:
    """At most `CURVE_ROWS` epochs, evenly spread: the first, the last and the best among them."""
    if len(epochs) <= CURVE_ROWS:
        return epochs
    steps = CURVE_ROWS - 2
    kept = {epochs[round(place * (len(epochs) - 1) / steps)] for place in range(steps + 1)}
    return sorted(kept | ({best} if best in epochs else set()))
