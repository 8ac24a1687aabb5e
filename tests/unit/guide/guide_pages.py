"""The pages of the guide as their tests see them: links, anchors, command lines, marked blocks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "rnnsearch" / "guide"
PAGES = sorted(
    [
        *GUIDE.glob("*.md"),
        *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    ]
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]

SHELLS = ("", "console", "sh", "bash", "text")
"""Languages of blocks whose lines may be command lines."""


@dataclass(frozen=True)
class Block:
    """A fenced block of code: its language, the marks behind it, its text and its first line."""

    language: str
    marks: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str:
        """The file that the block is written to, or is a copy of; empty where there is none."""
        return next((mark.partition("=")[2] for mark in self.marks if mark.startswith("file=")), "")

    @property
    def status(self) -> int | None:
        """The exit status that the block must end with; None where it is not run."""
        marks = (mark.partition("=") for mark in self.marks)
        return next((int(to or 0) for name, _, to in marks if name == "runnable"), None)

    def script(self) -> str:
        """The commands of a block for a shell: the lines behind a prompt, and where they go on."""
        if not re.search(r"^\$ ", self.text, re.MULTILINE):
            return self.text
        lines, goes_on = [], False
        for line in self.text.splitlines():
            if goes_on or line.startswith("$ "):
                lines.append(line.removeprefix("$ "))
                goes_on = line.endswith("\\")
        return "\n".join(lines)


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    found = []
    for token in MarkdownIt().parse(path.read_text(encoding="utf-8")):
        if token.type == "fence":
            language, *marks = token.info.split() or [""]
            first = (token.map or [0])[0] + 1
            found.append(Block(language, tuple(marks), token.content, first))
    return found


def links(path: Path) -> Iterator[str]:
    """Where the links and pictures of a page lead."""
    for token in MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8")):
        for one in token.children or ():
            if target := one.attrGet("href") or one.attrGet("src"):
                yield str(target)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    found: list[str] = []
    tokens = MarkdownIt().parse(path.read_text(encoding="utf-8"))
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            text = "".join(one.content for one in inline.children or ())
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            again = found.count(slug)
            found.append(slug)
            if again:
                found.append(f"{slug}-{again}")
    return set(found)


def command_lines(path: Path) -> Iterator[tuple[str, bool]]:
    """Every `rnnsearch ...` of a page, and whether it stands whole in a block of its own."""
    for block in blocks(path):
        if block.language in SHELLS:
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from ((part, True) for part in _commands(line.strip().removeprefix("$ ")))
    for token in MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8")):
        for one in token.children or ():
            if one.type == "code_inline":
                yield from ((part, False) for part in _commands(one.content))


def _commands(line: str) -> Iterator[str]:
    for part in re.split(r"&&|\|\||;| \| ", line):
        if re.match(r"(\w+=\S+ )*(\S*/)?rnnsearch ", f"{part.strip()} "):
            yield part.strip()


def words(line: str) -> list[str]:
    """The words behind `rnnsearch` in a command line, without brackets, dots and redirections."""
    every = shlex.split(line.partition(" > ")[0].partition(" 2>")[0], comments=True)
    first = next(place for place, word in enumerate(every) if word.endswith("rnnsearch"))
    bare = (word.strip("[]") for word in every[first + 1 :])
    return [word for word in bare if word not in ("", "...", "&", "OPTIONS")]
