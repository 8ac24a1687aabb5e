"""The commands about search-space files: check, init and schema. None imports torch or Ray."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import SetOption, SpaceFile
from rnnsearch.commands import command

if TYPE_CHECKING:
    from rnnsearch.space.roles import Answers


def check(file: SpaceFile, set_: SetOption = None) -> None:
    """Check a search-space file without running it, and print what it means: defaults, draws, rows,
    metrics and sizes."""
    from rnnsearch.cli.describe import print_description
    from rnnsearch.space.describe import describe
    from rnnsearch.space.load import load

    print_description(describe(load(file, set_ or ())))


def init(
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DATA]",
            help="A text, a CSV or Parquet file, a folder of texts in classes, or arrays in an "
            ".npz or .mat file; with --example the name of an example.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write, if not DATA with .yaml."),
    ] = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example",
            help="Write a space file that is shipped, with its data; without a name, list them.",
        ),
    ] = False,
    time: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Time; twice where date and time of day stand apart."),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="What tells series or sequences apart."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="What to learn or to forecast; may be repeated."),
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Known ahead of time; may be repeated."),
    ] = None,
    horizon: Annotated[int | None, typer.Option(min=1, help="How many rows to forecast.")] = None,
    date_format: Annotated[
        str | None,
        typer.Option(help="How dates are written: dmy, mdy, ymd or a pattern such as %d.%m.%y."),
    ] = None,
    decimal: Annotated[str | None, typer.Option(help="The decimal sign: . or ,")] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help="What to learn, where the data leaves it open: series, text, labels, tags, "
            "value, events or arrays.",
        ),
    ] = None,
) -> None:
    """Write a commented, runnable search-space file for a data file, or an example.

    What the columns of a table are is read from their names and cells; where that is unsure, the
    options say it.
    """
    from rnnsearch.disk import create_file, free_name
    from rnnsearch.errors import InputError

    if example:
        from rnnsearch.cli.examples import list_examples, write_example

        options = {
            "--time": time, "--id": id_, "--target": target, "--known": known,
            "--horizon": horizon, "--date-format": date_format, "--decimal": decimal,
            "--task": task,
        }  # fmt: skip
        if idle := [option for option, value in options.items() if value]:
            raise InputError(f"an example is written as it is: leave out {', '.join(idle)}.")
        if data is not None:
            write_example(str(data), output)
        elif output is None:
            list_examples()
        else:
            raise InputError(
                "-o says where an example goes, and none is named: "
                + command("init", "--example", "sine", "-o", output)
            )
        return
    if data is None:
        raise InputError(
            "init wants a text, a table, a folder of texts or arrays: rnnsearch init DATA. A file "
            "that needs none: " + command("init", "--example")
        )
    from rnnsearch.space.draft import DRAFTED, draft
    from rnnsearch.space.roles import Answers

    file = output or Path(f"{data.absolute().stem}.yaml")
    if decimal not in (None, ".", ","):
        raise InputError(f"--decimal must be . or , not {decimal!r}.")
    if task is not None and task not in DRAFTED:
        raise InputError(f"--task must be one of {', '.join(DRAFTED)}, not {task!r}.")
    answers = Answers(
        time=tuple(time or ()),
        id=id_,
        target=tuple(target or ()),
        known=tuple(known or ()),
        horizon=horizon,
        decimal=decimal,
        date_format=date_format,
        task=task,
    )
    drafted = draft(data, answers)
    again = command("init", data, *_options(answers), "-o", free_name(file))
    try:
        create_file(file, drafted.yaml)
    except FileExistsError:
        raise InputError(f"{file} exists. Name another file: {again}") from None
    for line in drafted.remarks:
        typer.echo(line)
    typer.echo(f"wrote {file}")
    if drafted.problem:
        raise InputError(
            f"{file} is a draft to edit, and does not run yet: {drafted.problem}\n"
            f"Edit it, then: {command('check', file)}\n"
            f"or say what it is with options: {again}"
        )
    typer.echo(f"next:\n  {command('check', file)}\n  {command('run', file)}")


def _options(answers: Answers) -> list[object]:
    """The options of `init` that give these answers."""
    several = {"--time": answers.time, "--target": answers.target, "--known": answers.known}
    single = {
        "--task": answers.task,
        "--id": answers.id,
        "--horizon": answers.horizon,
        "--date-format": answers.date_format,
        "--decimal": answers.decimal,
    }
    words: list[object] = []
    for name, values in several.items():
        words += [word for value in values for word in (name, value)]
    for name, one in single.items():
        words += [] if one is None else [name, one]
    return words


def schema() -> None:
    """Print the JSON schema of search-space files, for editors."""
    from rnnsearch.space.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
