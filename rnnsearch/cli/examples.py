"""`rnnsearch init --example`: the space files that lie in the package, listed and copied."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
from pathlib import Path

import typer

from rnnsearch.commands import command, shown
from rnnsearch.disk import create_file, free_name
from rnnsearch.errors import InputError
from rnnsearch.space.shipped import SHIPPED, names

_PATH = re.compile(r"^  path: (\S+)", re.MULTILINE)
"""The data of a space file. A file has it beside itself, `python:` stands before a module."""


def purpose(name: str) -> str:
    """What an example is for: the first sentence of the comment at its top."""
    lines = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    comment = lines[: next(at for at, line in enumerate(lines) if not line.startswith("#"))]
    words = " ".join(line.removeprefix("#").strip() for line in comment)
    return re.split(r"(?<=\.)\s", words, maxsplit=1)[0]


def list_examples() -> None:
    """Print each example with what it is for."""
    from rich.console import Console

    every, console = names(), Console()
    begin = max(map(len, every)) + 2
    width = console.width if console.is_terminal else sys.maxsize
    for name in every:
        line = f"{name:<{begin}}{purpose(name)}"
        typer.echo(textwrap.fill(line, width, subsequent_indent=" " * begin))
    typer.echo(f"\nwrite one: {command('init', '--example', 'sine')}")


def write_example(name: str, output: Path | None) -> None:
    """Copy an example, and the data that it reads and that is shipped with it.

    Args:
        output: The file to write, if not the example's name in the working directory. Its folder
            is made, and gets the data too.

    Raises:
        InputError: There is no such example, or a file stands in the way; nothing is written.
    """
    every = names()
    if name not in every:
        from rnnsearch.space.nearest import nearest

        near = nearest(name.removesuffix(".yaml"), every)
        remedy = f"Did you mean {near}?" if near else f"There are {', '.join(every)}."
        raise InputError(f"there is no example {name}. {remedy}")
    file = output or Path(f"{name}.yaml")
    text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    path_line = _PATH.search(text)
    data = path_line[1] if path_line and not path_line[1].startswith("python:") else ""
    shipped, beside = SHIPPED / data, file.parent / data
    has_data = bool(data) and shipped.is_file()
    if file.exists():
        again = command("init", "--example", name, "-o", free_name(file))
        raise InputError(f"{file} exists. Name another file: {again}")
    is_there = has_data and beside.exists()
    if is_there and beside.read_bytes() != shipped.read_bytes():
        again = command("init", "--example", name, "-o", free_name(file.parent / name) / file.name)
        raise InputError(f"{beside} exists, with other contents. Name another folder: {again}")
    file.parent.mkdir(parents=True, exist_ok=True)
    if has_data and not is_there:
        create_file(beside, shipped.read_bytes())
        typer.echo(f"wrote {beside}")
    # the command lines in the comments name the file as a checkout has it
    create_file(file, text.replace(f"search_spaces/{name}.yaml", shlex.quote(shown(file))))
    typer.echo(f"wrote {file}")
    if data and not has_data:
        typer.echo(f"its data, {data}, is not shipped; the comment at the top of {file} says more")
    typer.echo(f"next:\n  {command('check', file)}\n  {command('run', file)}")
