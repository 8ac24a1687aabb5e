"""What a study's trials say of the next search, as tables and sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rnnsearch.goal import Goal
from rnnsearch.search.advice.advice import Advice
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.words import short

WHAT_MAY_HELP = (
    "fields that this study holds fixed (`rnnsearch keys` lists them); other inputs. Where the "
    "baseline stays ahead, it is the better model."
)


@dataclass(frozen=True, slots=True)
class AdviceTable:
    """A table with its title."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]


def tables(advice: Advice, metric: str) -> Iterator[AdviceTable]:
    """Edges, interactions, and kinds of network beside one another.

    Args:
        metric: The study's, as a person knows it.
    """
    if advice.edges:
        yield AdviceTable(
            "the best trials lie at an end of the range",
            ["parameter", "end", "best trials there", "wider"],
            [
                [one.param, short(one.at), f"{one.trials} of {one.best}", _written(one.proposed)]
                for one in advice.edges
            ],
        )
    if advice.interactions:
        yield AdviceTable(
            "parameters of which one decides what is good of the other",
            ["parameters", "share", "trials", "best", "worst"],
            [
                [f"{one.one}, {one.other}", f"{one.share:.0%}", one.trials, one.best, one.worst]
                for one in advice.interactions
            ],
        )
    for equal, rows in groupby(advice.cells, key=lambda one: one.equal):
        yield AdviceTable(
            f"with {equal} each",
            ["kind", "trials", f"best {metric}"],
            [[one.kind, one.trials, one.best] for one in rows],
        )


def sentences(advice: Advice, last: int, rival: tuple[str, float] | None) -> Iterator[str]:
    """What else there is to try, and what cannot be told.

    Args:
        last: The last epoch of a trial.
        rival: The best baseline where no trial is better; see `better_baseline`.
    """
    late = advice.unfinished
    if late.most:
        yield (
            f"{late.trials} of {late.complete} complete trials were still getting better at the "
            f"last epoch: try training.max_epochs={2 * last}"
        )
    if rival is not None:
        wider, longer = ["the wider ranges"] * bool(advice.edges), ["more epochs"] * bool(late.most)
        above = " and ".join([*wider, *longer])
        told = f"{above} that are told above; " if above else ""
        yield (
            f"no trial beats the baseline {rival[0]} ({short(rival[1])}). What may help: {told}"
            f"{WHAT_MAY_HELP}"
        )
    for text in advice.untold:
        yield f"cannot be told: {text}"


def better_baseline(
    board: Sequence[Mapping[str, Any]], trials: Sequence[TrialRecord], goal: Goal
) -> tuple[str, float] | None:
    """The best baseline where no trial is better; None where one is.

    Args:
        board: The leaderboard.
    """
    rivals = [row for row in board if row["kind"] == "baseline" and row["value"] is not None]
    ours = [one.best_value for one in trials if one.best_value is not None]
    if not rivals or not ours:
        return None
    best = min(rivals, key=lambda row: goal.cost(row["value"]))
    if goal.cost(best["value"]) > min(map(goal.cost, ours)):
        return None
    return str(best["name"]), float(best["value"])


def _written(proposed: object) -> str:
    """A distribution as a space file writes it in a line."""
    return short(proposed).replace('"', "").strip("{}")
