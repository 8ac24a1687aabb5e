"""A study's result as the JSON object of `--format json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.space.spec import SearchConfig

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.search.ledger.trial_record import TrialRecord

_SUMMED = (
    *("wall_seconds", "training_steps", "trials_per_hour", "started", "first_report_seconds"),
    *("sampler_seconds", "driver_seconds", "pack_utilisation", "pending_records"),
    *("tracking_uri", "experiment_id", "run_id", "champion_uri"),
)
"""Figures of the last run that the object has."""


def summary(
    *,
    study: str,
    state: str,
    counts: Mapping[str, int],
    refused: Mapping[str, int],
    best: TrialRecord | None,
    won: ChampionChosen | None,
    value: float | None,
    run: RunFigures | None,
    front: Sequence[Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """See `StudyResult.summary`; the arguments are attributes of the result.

    Args:
        value: Of the champion.
        front: As `front_rows` gives it.
    """
    return {
        "study": study,
        "state": state,
        "trials": dict(counts),
        **({"not_trained": dict(refused)} if refused else {}),
        "best": None
        if best is None
        else {
            "number": best.number,
            "value": value if won else best.best_value,
            "params": dict(best.params),
            "seed": won.seed if won else best.seed,
            "test": won.tested() if won else {},
            "unfinished": won.unfinished if won else "",
        },
        **({"ensemble": dict(won.ensemble)} if won and won.ensemble else {}),
        **{name: None if run is None else getattr(run, name) for name in _SUMMED},
        "checkpoint": None if won is None else won.path,
        **({} if front is None else {"front": front}),
        **({"champion_alias": run.champion_alias} if run and run.champion_alias else {}),
        **({"request_seconds": won.request_seconds} if won and won.request_seconds else {}),
    }


def front_rows(
    board: Sequence[Mapping[str, Any]], checkpoints: Path, search: SearchConfig
) -> list[dict[str, Any]] | None:
    """The trials that no other beats in every goal, from the best by the metric to the worst; None
    with one goal.

    Args:
        board: The leaderboard.
        checkpoints: The study's folder of weights.
    """
    if not search.goals:
        return None
    return [
        {
            "number": row["number"],
            "values": {search.metric: row["value"], **row["goals"]},
            "params": row["params"],
            "winner": row["winner"],
            "checkpoint": _checkpoint(checkpoints / f"trial-{row['number']:04d}"),
        }
        for row in board
        if row.get("front") == 1
    ]


def _checkpoint(folder: Path) -> str | None:
    """The folder with the weights of a trial's own training; None where there are none."""
    return str(folder) if (folder / "config.json").is_file() else None
