"""Write the pages of the guide that are made from the code: `python -m rnnsearch.guide`.

Such a page has a head that a person writes; all below the line `MADE` is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any

import typer

from rnnsearch.cli.app import app
from rnnsearch.cli.guide import GUIDE, page
from rnnsearch.cli.keys import explained, taken
from rnnsearch.space.reference import Entry, reference
from rnnsearch.tasks.families import BUILT_IN

MADE = "<!-- All below is written by `python -m rnnsearch.guide`. -->\n"


def made() -> dict[str, str]:
    """The text of each page that is made, by its name, with the head that it has on disk."""
    parts = {"space-file": _space_file(), "commands": _commands()}
    return {
        name: page(name).partition(MADE)[0] + MADE + "".join(f"\n{one}\n" for one in lines if one)
        for name, lines in parts.items()
    }


def _space_file() -> Iterator[str]:
    """The keys of every section: those of all studies, then those of each task and strategy."""
    entries = [one for one in reference() if _task(one) in ("", *BUILT_IN)]
    for section, several in groupby(entries, lambda one: one.key.partition(".")[0]):
        yield f"## {section}"
        by_where: dict[str, list[Entry]] = {}
        for one in several:
            by_where.setdefault(one.where, []).append(one)
        for where in sorted(by_where, key=bool):
            if where:
                yield f"### {where}"
            yield "\n".join(
                f"- **`{one.key}`**: {taken(one)}. {explained(one)}" for one in by_where[where]
            )


def _task(entry: Entry) -> str:
    chooser, _, name = entry.where.partition(": ")
    return name if chooser == "task.type" else ""


def _commands() -> Iterator[str]:
    """Each command, those of a group by both their names: what it does, and what it takes."""
    parser: Any = typer.main.get_command(app)
    for name, command in parser.commands.items():
        for below, one in getattr(command, "commands", {"": command}).items():
            words = [each for each in one.params if not each.opts[0].startswith("-")]
            line = ["rnnsearch", name, below, *(_usage(word) for word in words), "[OPTIONS]"]
            yield f"## {name} {below}".rstrip()
            yield one.help
            yield f"```text\n{' '.join(filter(None, line))}\n```"
            yield "\n".join(map(_parameter, one.params))


def _usage(word: Any) -> str:
    name = _value(word).strip("[].")
    dots = "..." if word.nargs == -1 else ""
    return f"{name}{dots}" if word.required else f"[{name}{dots}]"


def _value(parameter: Any) -> str:
    """What stands for the value of an argument or an option."""
    return str(parameter.metavar or parameter.name.strip("_").upper())


def _parameter(one: Any) -> str:
    """An argument or an option, with its default where it has one that says something."""
    default = one.default.value if isinstance(one.default, Enum) else one.default
    default_text = "" if default in (None, False, "") else f" Default: `{default}`."
    if not one.opts[0].startswith("-"):
        return f"- `{_usage(one)}`: {one.help}"
    value = "" if one.is_flag else f" {_value(one)}"
    return f"- `{', '.join(one.opts)}{value}`: {one.help}{default_text}"


def write() -> None:
    """Write the pages where this package lies, which must be a folder of yours: a checkout."""
    for name, text in made().items():
        Path(str(GUIDE / f"{name}.md")).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
