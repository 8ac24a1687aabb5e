"""YAML text as a tree in which every key and every value knows its line.

Scalars follow the core schema of YAML 1.2: `1e-3` is a number; `no`, `off` and `10:30` are strings.
The tree is built from the parser's events, so a file can neither construct Python objects nor
exhaust the stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from rnnsearch.errors import Mistake
from rnnsearch.space.noting import Place, WrongError, note, wrong

MAX_NODES = 30_000
"""Nodes after aliases are followed: a few nested aliases can stand for billions."""
MAX_DEPTH = 40
"""Lists and mappings within each other at most; deeper ones could exhaust Python's stack."""

_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"0o[0-7]{1,300}"), partial(int, base=8)),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), partial(int, base=16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
)
_WORDS: dict[str, Any] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
    **{sign + word: float("inf") for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **{"-" + word: float("-inf") for word in (".inf", ".Inf", ".INF")},
}
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value.

    Attributes:
        value: What it means in Python.
        raw: Its text as it was written, without quotes.
        quoted: Whether it is a text by its quotes or its tag, whatever it looks like.
    """

    place: Place
    value: str | int | float | bool | None
    raw: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list and its members, in the order of the file."""

    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping and the value behind it, each with its place."""

    key: str
    place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping: its entries by their keys as they are written, in the order of the file."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)


Node = ScalarNode | SequenceNode | MappingNode


def is_null(node: Node) -> bool:
    """Whether the value is left empty, or null in one of its spellings."""
    return isinstance(node, ScalarNode) and node.value is None


def plain(node: Node) -> Any:
    """The values of a tree as Python objects, without their places."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def resolve_scalar(text: str) -> str | int | float | bool | None:
    """The value that an unquoted text has in the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]  # type: ignore[no-any-return]
    for pattern, number in _NUMBERS:
        if pattern.fullmatch(text):
            return number(text)
    return text


def read(
    text: str, *, source: str, directory: Path, mistakes: list[Mistake], override: bool = False
) -> Node | None:
    """Parse one YAML document.

    Args:
        text: The document.
        source: What mistakes name as the place of the text.
        directory: The folder in which relative paths in the text start.
        mistakes: A list that receives everything wrong with the text as YAML.
        override: Whether the text comes from the command line, so that its places name no lines.

    Returns:
        The tree, or None where the text is no YAML or empty.
    """
    reader = _Reader(source, directory, override, mistakes)
    try:
        return reader.document(text)
    except WrongError as error:
        mistakes += error.mistakes
    except ReaderError as error:
        character = error.character if isinstance(error.character, int) else ord(error.character)
        message = f"this is no YAML text: the character U+{character:04X} is not allowed; "
        place = reader.place(text.count("\n", 0, error.position))
        note(mistakes, place, "", f"{message}is it a binary file?")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        column = f" at column {mark.column + 1}" if mark is not None else ""
        place = reader.place(None if mark is None else mark.line)
        note(mistakes, place, "", f"this is no YAML{column}: {what}{_hint(what)}.")
    except (YAMLError, ValueError, OverflowError) as error:
        # The scanner converts escapes such as "\UFFFFFFFF" and %YAML versions without a check.
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        note(mistakes, reader.place(None), "", f"this is no YAML: {first}.")
    return None


def _hint(what: str) -> str:
    """What a person probably did wrong, for some messages of the YAML parser; else empty."""
    if "\\t" in what:
        return " (indent with spaces, not with tabs)"
    if "mapping values are not allowed" in what:
        return " (is the indentation right, and is a text with `: ` in quotes?)"
    if "expected ',' or" in what:
        return " (is a bracket or a comma missing?)"
    return ""


@dataclass(slots=True)
class _Reader:
    """Builds the tree of one document out of the parser's events.

    Attributes:
        anchors: The nodes of the anchors so far, with how many nodes each stands for.
        nodes: How many nodes the tree has so far, aliases followed.
    """

    source: str
    directory: Path
    override: bool
    mistakes: list[Mistake]
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)
    nodes: int = 0

    def document(self, text: str) -> Node | None:
        events = YAML(typ="safe", pure=True).parse(text)
        root: Node | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent) and root is not None:
                message = "a second document starts here; a space file is a single one."
                raise wrong(self.place(event.start_mark.line), "", message)
            if isinstance(event, AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent):
                root = self._node(event, events, ())
        return None if root is None or is_null(root) else root

    def place(self, line: int | None) -> Place:
        """The place of a line, which the parser counts from 0."""
        number = None if self.override or line is None else line + 1
        return Place(self.source, number, self.directory)

    def _count(self, nodes: int, place: Place) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            message = f"more than {MAX_NODES:,} values, aliases followed; no space file needs so "
            raise wrong(place, "", f"{message}many.")

    def _node(self, event: Event, events: Iterator[Event], path: tuple[str, ...]) -> Node:
        place = self.place(event.start_mark.line)
        if len(path) > MAX_DEPTH:
            raise wrong(place, "", f"nested more than {MAX_DEPTH} deep.")
        if isinstance(event, AliasEvent):
            if event.anchor not in self.anchors:
                raise wrong(place, "", f"the alias *{event.anchor} has no anchor before it.")
            node, size = self.anchors[event.anchor]
            self._count(size, place)
            return node
        self._count(1, place)
        before = self.nodes
        if isinstance(event, ScalarEvent):
            node = self._scalar(event, place)
        elif isinstance(event, SequenceStartEvent):
            self._check_tag(event, "seq", place)
            node = SequenceNode(place)
            while not isinstance(event_ := next(events), SequenceEndEvent):
                node.items.append(self._node(event_, events, (*path, "-")))
        else:
            self._check_tag(event, "map", place)
            node = self._mapping(place, events, path)
        if event.anchor is not None:  # type: ignore[attr-defined]
            self.anchors[event.anchor] = (node, self.nodes - before + 1)  # type: ignore[attr-defined]
        return node

    def _mapping(self, place: Place, events: Iterator[Event], path: tuple[str, ...]) -> MappingNode:
        mapping = MappingNode(place)
        while not isinstance(event := next(events), MappingEndEvent):
            key_place = self.place(event.start_mark.line)
            key = self._node(event, events, (*path, "?"))
            name = key.raw if isinstance(key, ScalarNode) else "?"
            value = self._node(next(events), events, (*path, name))
            if not isinstance(key, ScalarNode):
                message = "a key is one word, not a list or a mapping."
                note(self.mistakes, key_place, "", message)
                continue
            if key.raw in mapping.entries:
                first = mapping.entries[key.raw].place.line
                where = f"line {first}" if first is not None else "the same text"
                message = f"stands here a second time; it is already in {where}. Keep one of them."
                note(self.mistakes, key_place, ".".join((*path, name)), message)
                continue
            mapping.entries[key.raw] = Entry(key.raw, key_place, value)
        return mapping

    def _check_tag(self, event: Any, kind: str, place: Place) -> None:
        if event.tag not in (None, "!", _TAG + kind):
            message = f"the tag {event.tag} means nothing here; leave it out."
            note(self.mistakes, place, "", message)

    def _scalar(self, event: ScalarEvent, place: Place) -> ScalarNode:
        self._check_tag(event, "str", place)
        text, bare = str(event.value), event.tag is None and bool(event.implicit[0])
        return ScalarNode(place, resolve_scalar(text) if bare else text, text, quoted=not bare)
