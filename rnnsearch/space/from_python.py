"""A space that is written in Python as the tree that a space file is read into."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from rnnsearch.errors import InputError, Mistake
from rnnsearch.given_code import give
from rnnsearch.space.document import (
    MAX_DEPTH,
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)
from rnnsearch.space.drawn import Drawn
from rnnsearch.space.noting import Place, WrongError, note, wrong
from rnnsearch.vocabulary import DURATION, keys

SOURCE = "Study(...)"
"""What mistakes in a space that is written in Python name as their place."""

GIVEN = ("model.", "training.", "task.function")
"""Keys whose classes and functions may live in a script or a notebook: packs alone need them."""


def tree_of(sections: Mapping[str, Any], directory: Path, mistakes: list[Mistake]) -> MappingNode:
    """The tree of a space.

    Args:
        sections: What a space file has at its top, as Python values: dicts, lists, numbers, texts,
            what `space.drawn` gives, config objects, and functions or classes that a module has.
        directory: Where relative paths start.
        mistakes: A list that receives every value that no space file could hold.
    """
    place = Place(SOURCE, None, directory, in_code=True)
    return _Tree(place, mistakes).mapping(sections, "")


@dataclasses.dataclass(frozen=True, slots=True)
class _Tree:
    place: Place
    mistakes: list[Mistake]

    def mapping(self, values: Mapping[Any, Any], key: str) -> MappingNode:
        """A mapping, without the entries that are wrong."""
        node = MappingNode(self.place)
        for name, value in values.items():
            inner = f"{key}.{name}" if key else str(name)
            if not isinstance(name, str):
                note(self.mistakes, self.place, inner, f"a key is a text, not {name!r}.")
                continue
            try:
                node.entries[name] = Entry(name, self.place, self.node(value, inner))
            except WrongError as error:
                self.mistakes.extend(error.mistakes)
        return node

    def node(self, value: Any, key: str) -> Node:
        """The node of any value.

        Raises:
            WrongError: No space file could hold it.
        """
        if key.count(".") > MAX_DEPTH:
            raise wrong(self.place, key, f"nested more than {MAX_DEPTH} deep.")
        if isinstance(value, Drawn):
            return self.mapping(value.written(), key)
        if isinstance(value, Mapping):
            return self.mapping(value, key)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self.mapping(_fields(value), key)
        if isinstance(value, list | tuple | range):
            return SequenceNode(self.place, [self.node(one, f"{key}.-") for one in value])
        plain = _plain(value, self.place, key)
        raw = plain if isinstance(plain, str) else _written(plain)
        return ScalarNode(self.place, plain, raw, quoted=isinstance(plain, str))


def _plain(value: Any, place: Place, key: str) -> str | int | float | bool | None:
    """A value as a space file would have it.

    Raises:
        WrongError: It is no number, text, truth value, path, span of time, function or class.
    """
    if isinstance(value, str):
        return str(value)  # without what an enumeration adds
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.15f}".rstrip("0").rstrip(".") + "s"
    if isinstance(value, PathLike):
        return str(fspath(value))
    if isinstance(value, type) or callable(value):
        return _dotted(value, place, key)
    item = getattr(value, "item", None)  # numbers of numpy and torch
    if callable(item) and getattr(value, "ndim", None) == 0:
        number = item()
        if isinstance(number, bool | int | float | str):
            return number
    raise wrong(
        place,
        key.replace(".-", ""),
        f"cannot be a {type(value).__name__}; a space has numbers, texts, true and false, None, "
        "lists, dicts, and rnnsearch.choice and the like.",
    )


def _written(value: float | bool | None) -> str:
    """A value as YAML writes it."""
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else repr(value)


def _dotted(value: Callable[..., Any], place: Place, key: str) -> str:
    """`package.module:Name` of a function or class.

    Raises:
        WrongError: Another process would not find it there.
    """
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    remedy = "Put it at the top of a file of its own, say custom.py, and import it from there."
    if module == "__main__":
        if not key.startswith(GIVEN):
            raise wrong(
                place,
                key,
                f"{name} is defined in this script or notebook, where no other process "
                f"finds it. {remedy}",
            )
        try:
            return give(value)
        except InputError as error:
            raise wrong(place, key, str(error)) from error
    inside: Any = sys.modules.get(module or "")
    for part in name.split("."):
        inside = getattr(inside, part, None)
    if inside is not value:
        raise wrong(place, key, f"{value!r} is not found under a name in its module. {remedy}")
    return f"{module}:{name}"


def _fields(config: Any) -> dict[str, Any]:
    """The fields of a config object that differ from their defaults, and its `type`."""
    cls: Any = type(config)
    says = keys(cls)
    fields = {}
    for name, one in says.items():
        value = getattr(config, name)
        if name == "type":
            fields[name] = value
        elif one.arguments is not None:
            fields[name] = dict(value)
        elif value != one.default:
            timed = DURATION in one.marks and value is not None
            fields[name] = timedelta(seconds=value) if timed else value
    return fields
