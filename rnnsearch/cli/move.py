"""The command `move`: a study's ledger goes from its folder into a database."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnsearch.cli.options import Storage, StudyName
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.errors import InputError


def move(
    name: StudyName,
    ledger: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The database, such as postgresql://user@host/database; without it that of the "
            "variable RNNSEARCH_LEDGER (give a password there).",
        ),
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
) -> None:
    """Move a study's ledger from the file in its folder into a PostgreSQL database.

    All else of the study stays where it is; the file is kept under another name."""
    from rnnsearch.search.database.address import EXAMPLE, OPTION, VARIABLE
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.moving import move_ledger
    from rnnsearch.study.code import read_spec
    from rnnsearch.study.ledger_choice import asked_ledger

    asked = asked_ledger(ledger)
    if asked is None:
        example = command("move", name, OPTION, EXAMPLE, storage=storage)
        raise InputError(f"say into which database, by {OPTION} or by {VARIABLE}: {example}")
    directory = StudyDirectory.find(storage, name)
    records, kept = move_ledger(directory, read_spec(directory), asked[0])
    typer.echo(f"moved {records:,} records of the ledger of {name} to {asked[0]}")
    typer.echo(f"the file is kept: {directory.root / kept}")
    typer.echo(f"next:\n  {command('resume', name, storage=storage)}")
