"""The command `keys`: the keys of a space file, with what each takes and means."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import FormatOption
from rnnsearch.cli.text import print_json
from rnnsearch.errors import InputError

if TYPE_CHECKING:
    from rnnsearch.space.reference import Entry

WIDTH = 100


def keys(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Only this key and what is below it.")
    ] = "",
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="Only keys of this type of task.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Only keys of the study in this search-space file, with the arguments of the "
            "classes of your own that it names.",
        ),
    ] = None,
    format_: FormatOption = "text",
) -> None:
    """Print the keys of a search-space file: what each takes and means, its default, its draws."""
    from rnnsearch.space.load import load
    from rnnsearch.space.reference import reference, reference_of

    if file is not None and task is not None:
        raise InputError("--file names the task; leave --task out.")
    if file is None:
        entries = reference(key, task)
    else:
        entries = reference_of(load(file, check_data=False), key)
    if format_ == "json":
        print_json({"keys": [one.to_json() for one in entries]})
        return
    where = ""
    for one in entries:
        if one.where != where:
            where = one.where
            typer.echo(f"\nwith {where}:" if where else "")
        typer.echo(_entry_text(one))


def _entry_text(one: Entry) -> str:
    """A key with what it takes, and what it means in wrapped lines below."""
    lines = textwrap.wrap(
        explained(one),
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([f"{one.key}: {taken(one)}", *lines])


def taken(one: Entry) -> str:
    """What a key takes, with its unit, and what it is where a file leaves it out."""
    unit = f" {one.range.unit}" if one.range.unit else ""
    limits = f", {one.range}{unit}" if str(one.range) else f" of{unit}" if unit else ""
    default = "" if one.default is None else f"; default {one.default}"
    return f"{one.type}{limits}{default}"


def explained(one: Entry) -> str:
    """What a key means, with what alone it counts, and how a study may sample it, in sentences."""
    from rnnsearch.space.fields import sampled_section

    drawn = f"Drawn by {', '.join(one.draws)}." if one.draws else ""
    if one.never_sampled and sampled_section(one.key):
        drawn = f"Never sampled, since {one.never_sampled}."
    needs = f"Only with {one.needs}." if one.needs else ""
    return " ".join(filter(None, (one.meaning, needs, drawn)))
