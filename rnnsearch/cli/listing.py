"""The command `studies`: what lies in a storage folder, and how each study stands."""

from __future__ import annotations

import math
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rnnsearch.charts.point import UNRANKED
from rnnsearch.cli.options import FormatOption, Storage
from rnnsearch.cli.text import print_json, print_table, screen_width
from rnnsearch.commands import DEFAULT_STORAGE, command, shown
from rnnsearch.space.words import duration, listed

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.study import StudyResult

Order = Literal["name", "started", "changed", "trials", "size"]
_KEYS: dict[Order, str] = {
    "started": "started",
    "changed": "changed",
    "trials": "trials",
    "size": "MB",
}
"""By which value of a row an order goes, the highest first; names go from A to Z."""


def studies(
    storage: Storage = DEFAULT_STORAGE,
    sort: Annotated[
        Order,
        typer.Option(help="Order by name, or with the latest, the most or the largest first."),
    ] = "name",
    format_: FormatOption = "text",
) -> None:
    """List the studies of a storage folder: how they stand, their best values, when they ran, and
    what they take on disk."""
    from rnnsearch.search.directory import foreign_folders, list_studies

    rows = [_row(directory) for directory in list_studies(storage)]
    if sort != "name":
        key = _KEYS[sort]
        rows.sort(key=lambda row: -math.inf if row[key] is None else row[key], reverse=True)
    if format_ == "json":
        print_json(rows)
    elif rows:
        print_table([_in_words(row) for row in rows], width=screen_width())
    else:
        typer.echo(
            f"no study in {shown(storage)} yet; a search-space file starts one{_first(storage)}"
        )
    if others := foreign_folders(storage):
        typer.echo(f"no studies, and left alone: {listed(others)}", err=True)
    if any(row["state"] == "damaged" for row in rows):
        raise typer.Exit(2)


def _first(storage: Path) -> str:
    """The end of a sentence: a command that starts a study in a checkout, or writes a file for one
    elsewhere."""
    sine = Path("search_spaces/sine.yaml")
    if sine.is_file():
        return f": {command('run', sine, storage=storage)}"
    return f", and this writes one: {command('init', '--example', 'sine')}"


def _row(directory: StudyDirectory) -> dict[str, Any]:
    """The row of a study in the list. A study that cannot be read gets one too, and its error is
    said."""
    from rnnsearch.errors import DamagedLedgerError, RnnsearchError
    from rnnsearch.search.lock import is_running
    from rnnsearch.study import StudyResult
    from rnnsearch.study.code import read_spec

    row: dict[str, Any] = {
        "study": directory.name,
        "state": "unreadable",
        **dict.fromkeys(("trials", "complete", "metric", "goal", "best", "champion")),
        **dict.fromkeys(("started", "changed", "seconds")),
        "MB": round(directory.size_bytes() / 1e6, 1),
        "folder": str(directory.root),
    }
    try:
        # Not `Study.open`, which fetches all of a study in an object store.
        result = StudyResult.read(read_spec(directory), directory)
    except RnnsearchError as error:
        print(f"{directory.name}: {error}", file=sys.stderr)
        if isinstance(error, DamagedLedgerError):
            row["state"] = "damaged"
        return row
    counts, search = result.counts(), result.spec.search
    started = [trial.started for trial in result.trials if trial.started is not None]
    row["state"] = "running" if is_running(directory) else _state(result)
    row["trials"] = sum(counts.values())
    row["complete"] = counts["complete"]
    row["metric"], row["goal"] = search.metric, search.goal
    row["best"] = _best(result)
    row["champion"] = result.champion_value()
    row["started"] = min(started, default=None)
    row["changed"] = directory.ledger_place.changed()
    row["seconds"] = None if result.run is None else result.run.wall_seconds
    return row


def _state(result: StudyResult) -> str:
    """How the last run ended; one that ended without a word left trials that seem to be running."""
    if result.run is None or result.counts()["running"]:
        return "killed"
    return result.state


def _best(result: StudyResult) -> float | None:
    """The best value of all trials, whichever of them won; None where none has one."""
    ranked = [trial for trial in result.trials if trial.state not in UNRANKED]
    values = [trial.best_value for trial in ranked if trial.best_value is not None]
    return min(values, key=result.spec.search.goal.cost, default=None)


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the table shows it."""
    cells = {name: row[name] for name in ("study", "state", "trials", "complete", "metric", "best")}
    return {
        **cells,
        "champion": row["champion"],
        "started": _when(row["started"]),
        "changed": _when(row["changed"]),
        "last run": "" if row["seconds"] is None else duration(row["seconds"]),
        "MB": row["MB"],
    }


def _when(moment: float | None) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}"
