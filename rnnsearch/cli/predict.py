"""The command that lets a champion predict: what follows a file's rows, sequences or prompts."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from rnnsearch.cli.models import MOST_SEED, AllowCode, Asked, ModelName, load_asked
from rnnsearch.cli.options import FormatOption, Storage, TrackingUri, count
from rnnsearch.cli.text import print_json, print_table
from rnnsearch.commands import DEFAULT_STORAGE, shown
from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError
from rnnsearch.tasks.frames import CSV

MOST_ROWS = 60
"""Rows of a table that are printed; `--out` and `--format json` give all of them."""

MOST_NOTES = 10


def predict(
    model: ModelName,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Rows before those to predict, with what is known of these; sequences to label or "
            "to judge, in a table, a text or an .npz file; or prompts, one a line. Without it a "
            "table or a wave goes on after the data of the study.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write all rows into this CSV file.")
    ] = None,
    steps: Annotated[
        int | None, count(help="Rows or points to predict; without it the horizon of the task.")
    ] = None,
    new_series: Annotated[
        bool, typer.Option("--new-series", help="Also forecast series that training never saw.")
    ] = False,
    length: Annotated[int | None, count(help="Characters to write after each prompt.")] = None,
    temperature: Annotated[
        float | None,
        typer.Option(min=0.0, help="1 draws as the model has learned, 0 takes the likeliest."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MOST_SEED, help="Equal seeds give equal texts.")
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
    format_: FormatOption = "text",
) -> None:
    """Let a champion predict what follows: rows after a table's end, labels, numbers,
    completions."""
    if out is not None and file is not None and out.absolute() == file.absolute():
        raise InputError(f"--out {out} would replace the file that is read; give another name.")
    asked = Asked(model, storage, tracking_uri, allow_code)
    trained = load_asked(asked, "predict")
    given: dict[str, Any] = {
        "steps": steps,
        "new_series": new_series or None,
        "length": length,
        "temperature": temperature,
        "seed": seed,
    }
    given = {name: value for name, value in given.items() if value is not None}
    strange = [name for name in given if name not in trained.use.takes]
    if strange:
        raise InputError(
            f"{_options(strange)} {'is' if len(strange) == 1 else 'are'} nothing for {model}, "
            f"whose predictions take {_options(trained.use.takes) or 'no option'}."
        )

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        table = trained.predictions(file, **given)
    if file is None:
        typer.echo("no file was given; what follows the data of the study:", err=True)
    notes = list(dict.fromkeys(str(one.message) for one in caught if one.category is UserWarning))
    for note in notes[:MOST_NOTES]:
        typer.echo(f"note: {note}", err=True)
    if len(notes) > MOST_NOTES:
        typer.echo(f"note: and {len(notes) - MOST_NOTES} more of these", err=True)
    if out is not None:
        replace_file(out, table.to_csv(index=False, **table.attrs.get(CSV, {})))
    if format_ == "json":
        print_json(_rows(table))
    else:
        print_table([_in_a_line(row) for row in _rows(table[:MOST_ROWS])], digits=6)
        if len(table) > MOST_ROWS:
            more = f"the first {MOST_ROWS} of {len(table):,} rows"
            typer.echo(more + ("" if out else "; --out FILE writes all of them"), err=True)
    if out is not None:
        typer.echo(f"written: {shown(out)}, {len(table):,} rows", err=True)


def _options(names: Any) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


def _rows(table: Any) -> list[dict[str, Any]]:
    """The rows of a DataFrame as plain values: dates as texts, None where there is no number."""
    columns = []
    for name in table.columns:
        dated = table[name].dtype.kind == "M"
        cells = table[name].astype(str).tolist() if dated else table[name].tolist()
        columns.append([None if cell != cell else cell for cell in cells])
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _in_a_line(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose texts have no line breaks."""
    return {
        name: cell.replace("\n", "\\n").replace("\r", "\\r") if isinstance(cell, str) else cell
        for name, cell in row.items()
    }
