"""The command `trials`: the trials of a study in any order, with any columns, or as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rnnsearch.cli.options import Storage, StudyName, count
from rnnsearch.cli.tables import print_leaderboard, shown_row
from rnnsearch.cli.text import json_line, screen_width, table_lines
from rnnsearch.commands import DEFAULT_STORAGE, shown
from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError

if TYPE_CHECKING:
    from rnnsearch.search.trial_columns import Column, TrialColumns
    from rnnsearch.study import StudyResult

TOP = 20
"""How many rows are printed as text, unless `--top` says otherwise."""
FORMATS = {".csv": "csv", ".json": "json", ".txt": "text"}
"""What is written to a file, by the ending of its name."""


def trials(
    name: StudyName,
    storage: Storage = DEFAULT_STORAGE,
    top: Annotated[
        int | None,
        count(help=f"How many rows to show; without it {TOP} as text, and all of them else."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Order by a column, rising: value, seconds, started, hidden_size ...; without it "
            "from the best to the worst.",
        ),
    ] = None,
    desc: Annotated[bool, typer.Option("--desc", help="Order from high to low.")] = False,
    filter_: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="EXPR",
            help="Only trials for which a comparison holds: 'state=complete', 'hidden_size>=32 and "
            "cell!=rnn'; repeatable.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="Only these columns, such as number,value,cell."),
    ] = None,
    format_: Annotated[
        Literal["text", "json", "csv"] | None,
        typer.Option(
            "--format",
            help="Print text, one line of JSON, or CSV; without it what the ending of --out says.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write into this file, not on the screen.")
    ] = None,
) -> None:
    """Show the trials of a study, the best first, with the baselines among them; or those that fit
    a filter, in any order, as a table or a file."""
    from rnnsearch.study import Study

    if desc and sort is None:
        raise InputError("--desc turns the order of --sort COLUMN round; name a column too.")
    result = Study.open(name, storage=storage).result()
    chosen = _choose(result, sort, desc, filter_ or [])
    kind = format_ or _format_of(out)
    limit = top if top is not None or kind != "text" else TOP
    if kind == "text" and out is None and not (sort or filter_ or columns):
        print_leaderboard(result, limit or TOP)
        return
    text = _text(result, chosen, columns, limit) if kind == "text" else ""
    if kind == "json":
        text = _json(chosen, columns, limit)
    elif kind == "csv":
        text = _csv(chosen, columns, limit)
    for remark in chosen.remarks:
        typer.echo(remark, err=True)
    if out is None:
        print(text, end="")
    else:
        replace_file(out, text)
        number = len(chosen.places[:limit])
        typer.echo(f"written: {shown(out)}, {number:,} rows", err=True)


@dataclass(frozen=True)
class _Chosen:
    """The trials that a person asked for.

    Attributes:
        places: Their places in the leaderboard, in the order in which they are shown.
        sorted_by: The column of their order; None for that of the leaderboard.
        remarks: What a person should know of what was asked.
    """

    table: TrialColumns
    places: Sequence[int]
    sorted_by: str | None
    remarks: Sequence[str]

    def columns(self, names: str | None) -> dict[str, Column]:
        """The columns that were asked for, by their names, else all."""
        asked = self.table.every() if names is None else names.split(",")
        stripped = [one.strip() for one in asked if one.strip()]
        if not stripped:
            raise InputError("--columns names none; an example: --columns number,value,cell")
        return {one: self.table.column(one) for one in stripped}


def _choose(result: StudyResult, sort: str | None, desc: bool, filters: Sequence[str]) -> _Chosen:
    from rnnsearch.search.trial_columns import TrialColumns
    from rnnsearch.search.trial_filter import comparisons, fitting, ordered, strange_values

    table = TrialColumns(result.leaderboard(), result.trials, result.spec)
    fits = [True] * len(table.rows)
    remarks = []
    for one in [each for text in filters for each in comparisons(text)]:
        column = table.column(one.column)
        fits = [before and now for before, now in zip(fits, fitting(one, column), strict=True)]
        if remark := strange_values(one, column):
            remarks.append(f"note: {remark}")
    places = [place for place, fit in enumerate(fits) if fit]
    if sort is not None:
        places = ordered(table.column(sort), places, falling=desc)
    return _Chosen(table, places, sort, remarks)


def _format_of(out: Path | None) -> str:
    """What is written, where no `--format` says it.

    Raises:
        InputError: The ending of the file's name does not say it either.
    """
    if out is None:
        return "text"
    if out.suffix.lower() not in FORMATS:
        raise InputError(
            f"--out {out}: its ending is none of {', '.join(FORMATS)}, so say --format csv, json "
            "or text too."
        )
    return FORMATS[out.suffix.lower()]


def _json(chosen: _Chosen, names: str | None, limit: int | None) -> str:
    from rnnsearch.search.trial_columns import picked

    places = chosen.places[:limit]
    if names is None:
        return json_line([chosen.table.rows[place] for place in places])
    return json_line(picked(chosen.columns(names), places))


def _csv(chosen: _Chosen, names: str | None, limit: int | None) -> str:
    from rnnsearch.search.trial_columns import TIMES, picked

    columns = chosen.columns(names)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    for row in picked(columns, chosen.places[:limit]):
        writer.writerow(
            _utc(value) if name in TIMES and value is not None else _cell(value)
            for name, value in row.items()
        )
    return written.getvalue()


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _cell(value: Any) -> Any:
    """A value as a CSV file has it; a float has all its digits."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def _local(moment: float | None) -> str:
    """A Unix time as a person reads it."""
    return "" if moment is None else f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"


def _text(result: StudyResult, chosen: _Chosen, names: str | None, limit: int | None) -> str:
    """The rows as a table, with a line for those that are not shown."""
    from rnnsearch.search.trial_columns import TIMES, picked

    places = chosen.places[:limit]
    if not places:
        return f"no trial of {result.directory.name!r} fits\n"
    if names is not None:
        rows = picked(chosen.columns(names), places)
    else:
        rows = [shown_row(chosen.table.rows[place], result, means=False) for place in places]
        if chosen.sorted_by is not None and chosen.sorted_by not in rows[0]:
            by = chosen.table.column(chosen.sorted_by)
            # Before the last column, which is the longest.
            rows = [
                {**dict(list(row.items())[:-1]), by.name: by.values[place], **row}
                for row, place in zip(rows, places, strict=True)
            ]
    rows = [
        {name: _local(value) if name in TIMES else value for name, value in row.items()}
        for row in rows
    ]
    lines = table_lines(rows, width=screen_width())
    hidden = len(chosen.places) - len(places)
    if hidden > 0:
        lines.append(f"... and {hidden} more: --top {len(chosen.places)}")
    return "".join(f"{line}\n" for line in lines)
