"""`rnnsearch guide`: the pages that lie in the package, listed and shown in the terminal."""

from __future__ import annotations

import re
import sys
import textwrap
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.commands import command
from rnnsearch.errors import InputError

if TYPE_CHECKING:
    from rich.markdown import Markdown

GUIDE = files("rnnsearch") / "guide"
INDEX = "README"
"""The page whose links are the topics, in their order."""

_LINK = re.compile(r"\[([^\]]+)\]\((?:([\w-]+)\.md)?(?:#[\w-]*)?\)")
"""A link within the guide: its text, and the page that it leads to, if it leaves its own."""
_PICTURE = re.compile(r"!\[([^\]]+)\]\(([^)]+)\)")
"""A picture: its caption, and its file from the folder of the guide."""


def guide(
    topic: Annotated[
        str, typer.Argument(metavar="[TOPIC]", help="A page of the guide; without one, their list.")
    ] = "",
) -> None:
    """Show a page of the guide that came with this installation, or list its pages."""
    from rich.console import Console

    names, console = topics(), Console()
    if not topic:
        begin = max(map(len, names)) + 2
        width = console.width if console.is_terminal else sys.maxsize
        for name in names:
            line = f"{name:<{begin}}{first_sentence(page(name))}"
            typer.echo(textwrap.fill(line, width, subsequent_indent=" " * begin))
        typer.echo(f"\nread one: {command('guide', names[0])}\nexamples: {GUIDE / 'examples'}")
        return
    if topic not in names:
        from rnnsearch.space.nearest import nearest

        by_word = {name.replace("-", "_"): name for name in names}
        near = by_word.get(nearest(topic, by_word))
        remedy = f"Did you mean {near}?" if near else f"There are {', '.join(names)}."
        raise InputError(f"the guide has no page {topic}. {remedy}")
    if console.is_terminal:
        console.print(shown(page(topic)), crop=False)
    else:
        typer.echo(page(topic))


def topics() -> list[str]:
    """The names of the pages, in the order in which the index links to them."""
    return list(dict.fromkeys(name for _, name in _LINK.findall(page(INDEX))))


def page(name: str) -> str:
    """The markdown of a page.

    Raises:
        FileNotFoundError: There is no such page.
    """
    return (GUIDE / f"{name}.md").read_text(encoding="utf-8")


def first_sentence(markdown: str) -> str:
    """What a page is for: the first sentence below its heading, on one line, without marks."""
    paragraph = " ".join(markdown.split("\n\n")[1].split())
    plain = re.sub(r"\[([^\]]+)\]\([^)]*\)|`", r"\1", paragraph)
    return re.split(r"(?<=\.)\s", plain, maxsplit=1)[0]


def shown(markdown: str) -> Markdown:
    """A page for a terminal: a link to another page is the command that shows it, a picture is
    named with its file, no word of a table is cut off, and a line of code stays one that starts at
    the edge, to be copied.
    """
    from typing import ClassVar

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Markdown, TableElement
    from rich.syntax import Syntax
    from rich.table import Table

    class Copyable(CodeBlock):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            code = str(self.text).rstrip()
            lines = Syntax("", self.lexer_name, theme="ansi_dark").highlight(code)
            lines.rstrip()
            lines.no_wrap, lines.overflow = True, "ignore"
            yield lines

    class Folded(TableElement):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for table in super().__rich_console__(console, options):
                if isinstance(table, Table):
                    for column in table.columns:
                        column.overflow = "fold"
                yield table

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "fence": Copyable, "table_open": Folded}

    def named(link: re.Match[str]) -> str:
        return f"{link[1]} (`{command('guide', link[2])}`)" if link[2] else link[1]

    text = _PICTURE.sub(lambda one: f"Picture: {one[1]}, in {GUIDE / one[2]}", markdown)
    return Page(_LINK.sub(named, text), hyperlinks=False)
