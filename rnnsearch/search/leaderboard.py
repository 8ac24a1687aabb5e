"""Trials of a study as plain rows: from the best to the worst, and by number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnnsearch.events import RANKED, STATES
from rnnsearch.goal import Goal, standing
from rnnsearch.search.ensemble_words import ensemble_name, members_words
from rnnsearch.search.finalist import mean_of
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.tasks.base import Score

_COLUMNS = (
    *("kind", "rank", "number", "name", "state", "value", "loss", "last_value", "best_epoch"),
    *("epoch", "seconds", "params", "reason", "winner", "mean", "seeds"),
)
_OF_TRIAL = ("number", "name", "state", "best_epoch", "epoch", "seconds", "reason")
"""Columns that are attributes of a `TrialRecord`."""
_FLAT = (
    *("number", "name", "state", "value", "best_value", "best_epoch", "epoch", "seconds"),
    *("attempts", "seed", "reason", "started", "ended"),
)
"""Attributes of a `TrialRecord` that a data frame has; `epoch` is called `epochs` there."""

Row = dict[str, Any]


def leaderboard(
    trials: Sequence[TrialRecord],
    *,
    goal: Goal,
    metric: str,
    loss: str = "",
    baselines: Sequence[Score] = (),
    reruns: Mapping[int, Sequence[float]] | None = None,
    winner: int | None = None,
    ensemble: Mapping[str, Any] | None = None,
    front: Mapping[int, int] | None = None,
) -> list[Row]:
    """Trials from the best to the worst, with the baselines in their places.

    Completed and stopped trials come first, by their best value, with each baseline before the
    first of them that it beats, and behind them those that break a constraint, the least first.
    Then come the others by state and best value. A trial without a value comes last in its state.
    Equal values are parted by the task's own loss, then by the number. In a study of several goals
    the first front comes before the second, and so on, and the value orders each of them.

    Args:
        metric: The study's metric; a baseline that lacks it is left out.
        loss: Name of the task's own loss among the baselines' metrics; empty where it has none.
        reruns: The metric of each of a finalist's reruns, by trial number; infinite where a rerun
            diverged.
        winner: Number of the champion's trial.
        ensemble: The mean of several trainings that was tried, as `ChampionChosen` has it. It has
            its place as a baseline has; where it won, no trial did.
        front: The front of each trial that has one, from 1, in a study of several goals.

    Returns:
        Rows with `kind` ("trial", "baseline" or "ensemble"), `rank` (of a trial), `number`, `name`,
        `state`, `value` (the best), `loss` (the task's own there), `last_value`, `best_epoch`,
        `epoch`, `seconds`, `params`, `reason`, `winner` (whether the trial is the champion's), and
        of a finalist `mean`, the mean over its `seeds` trainings, that of the search included, and
        of one that breaks constraints, and of no other, these as `violates`, by how much, as parts
        of the bounds; with several goals `front`, and as `goals` the values beside the metric.
    """
    fronts = front or {}
    ordered = sorted(
        trials,
        key=lambda trial: (
            0 if trial.state in RANKED else STATES.index(trial.state),
            trial.violation,
            fronts.get(trial.number, math.inf),
            trial.standing(goal),
            trial.number,
        ),
    )
    others = reruns or {}
    rows = [
        _trial_row(trial, rank, others.get(trial.number, ()), trial.number == winner)
        for rank, trial in enumerate(ordered, start=1)
    ]
    for row, trial in zip(rows if fronts else (), ordered, strict=False):
        row.update(front=fronts.get(trial.number), goals=dict(trial.goals))
    for baseline in baselines:
        value = baseline.metrics.get(metric)
        if value is not None:
            row = _baseline_row(baseline, value, baseline.metrics.get(loss))
            rows.insert(_place(rows, row, goal), row)
    if ensemble and ensemble["members"]:
        for row in rows if ensemble["won"] else ():
            row["winner"] = False
        row = _ensemble_row(ensemble, metric, loss)
        rows.insert(_place(rows, row, goal), row)
    return rows


def trials_table(trials: Sequence[TrialRecord]) -> list[Row]:
    """The trials by number as flat rows for a data frame, with a column `params.<key>` a parameter.

    All rows have all columns: a parameter that a trial did not have is None.
    """
    keys = sorted({key for trial in trials for key in trial.params})
    return [
        {
            **{"epochs" if name == "epoch" else name: getattr(trial, name) for name in _FLAT},
            **{f"params.{key}": trial.params.get(key) for key in keys},
        }
        for trial in sorted(trials, key=lambda trial: trial.number)
    ]


def _trial_row(trial: TrialRecord, rank: int, others: Sequence[float], winner: bool) -> Row:
    seeds = [] if trial.best_value is None or not others else [trial.best_value, *others]
    row: Row = dict.fromkeys(_COLUMNS)
    row.update({name: getattr(trial, name) for name in _OF_TRIAL})
    row.update(kind="trial", rank=rank, params=dict(trial.params), winner=winner)
    row.update(value=trial.best_value, loss=trial.best_loss, last_value=trial.value)
    if trial.violations:
        row["violates"] = dict(trial.violations)
    row.update(mean=mean_of(seeds) if seeds else None, seeds=len(seeds) or None)
    return row


def _baseline_row(baseline: Score, value: float, loss: float | None) -> Row:
    """The columns of `_trial_row`."""
    row: Row = dict.fromkeys(_COLUMNS)
    row.update(kind="baseline", name=baseline.name, state="baseline", params={}, winner=False)
    row.update(value=value, loss=loss, last_value=value, reason=baseline.note)
    return row


def _ensemble_row(ensemble: Mapping[str, Any], metric: str, loss: str) -> Row:
    """The columns of `_trial_row`."""
    row: Row = dict.fromkeys(_COLUMNS)
    row.update(kind="ensemble", name=ensemble_name(ensemble), state="ensemble", params={})
    metrics = ensemble["metrics"]
    value, winner = metrics.get(metric), bool(ensemble["won"])
    row.update(value=value, loss=metrics.get(loss), last_value=value, winner=winner)
    row.update(reason=members_words(ensemble))
    return row


def _place(rows: Sequence[Row], baseline: Row, goal: Goal) -> int:
    """The index for a baseline's row: before the first ranked trial or baseline that is worse."""
    compared = [row for row in rows if row["state"] in (*RANKED, "baseline")]
    for index, row in enumerate(compared):
        # The loss decides only where it is known of both.
        known = baseline["loss"] is not None and row["loss"] is not None
        losses = (baseline["loss"], row["loss"]) if known else (None, None)
        if row.get("violates") or standing(goal, baseline["value"], losses[0]) < standing(
            goal, row["value"], losses[1]
        ):
            return index
    return len(compared)
