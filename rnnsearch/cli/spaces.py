"""Commands about search-space files: check, init, schema. None of them imports torch or Ray."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from rnnsearch.cli.options import SetOption, SpaceFile
from rnnsearch.commands import command


def check(file: SpaceFile, set_: SetOption = None) -> None:
    """Validate a search-space file without running it, and print what it means."""
    from rnnsearch.cli.describe import print_description
    from rnnsearch.space.describe import describe
    from rnnsearch.space.load import load

    print_description(describe(load(file, set_ or ())))


def init(
    data: Annotated[Path, typer.Argument(help="A text or a CSV.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; default DATA's stem.yaml")
    ] = None,
) -> None:
    """Write a commented, runnable search-space file for a data file."""
    from rnnsearch.disk import create_file
    from rnnsearch.errors import InputError
    from rnnsearch.space.draft import draft

    target = output or Path(f"{data.stem}.yaml")
    text = draft(data)
    try:
        create_file(target, text)
    except FileExistsError:
        free = next(
            path
            for number in count(2)
            if not (path := target.with_name(f"{target.stem}-{number}.yaml")).exists()
        )
        again = command("init", data, "-o", free)
        raise InputError(f"{target} exists. Name another file: {again}") from None
    typer.echo(f"wrote {target}\nnext:\n  {command('check', target)}\n  {command('run', target)}")


def schema() -> None:
    """Print the JSON schema of search-space files, for editors."""
    from rnnsearch.space.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
