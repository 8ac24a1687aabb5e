"""Values of a space file, held against the type and the range of their fields."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rnnsearch.space.document import MappingNode, Node, ScalarNode, plain
from rnnsearch.space.field import Field
from rnnsearch.space.field_types import (
    alternatives,
    in_words,
    literals,
    pydantic_type,
    takes,
    takes_names,
)
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import Place, wrong
from rnnsearch.vocabulary import DURATION, PATH, Key

_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([smh])\s*")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_YES_NO = {"yes": "true", "on": "true", "no": "false", "off": "false"}


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    # The limits of numbers are checked apart, for an error in our own words.
    config = ConfigDict(strict=True, allow_inf_nan=False)
    return TypeAdapter(pydantic_type(annotation, Key(annotation)), config=config)


def conform(field: Field, value: Any) -> Any:
    """Give a value its field's own type: `1` becomes `1.0` where a real number is asked for.

    Raises:
        ValidationError: It is not of that type; nothing is converted but whole to real numbers.
    """
    return _adapter(field.type).validate_python(_tuples(value))


def allowed(field: Field) -> str:
    """What a field takes as a person says it: `a whole number, at least 1`."""
    words, limits = in_words(field.type), str(field.says.range)
    return f"{words}, {limits}" if limits else words


def read_value(field: Field, node: Node, *, what: str = "") -> Any:
    """Read the value of a field.

    Args:
        field: The field.
        node: What stands in the file.
        what: Which part of the field's entry it is, such as `choice member 2`; empty for all of it.

    Raises:
        WrongError: The field does not take it.
    """
    part, key = f"{what} " if what else "", field.key
    if isinstance(node, MappingNode) and not (takes_names(field.type) and not what):
        raise wrong(node.place, key, f"{part}must be {allowed(field)}, not a mapping.")
    if isinstance(node, MappingNode):
        return _named_numbers(field, node)
    value = plain(node)
    if field.marked(DURATION) and value is not None:
        return _duration(field, node)
    try:
        value = conform(field, value)
    except (ValidationError, OverflowError):
        message = f"{part}must be {allowed(field)}, not {_as_written(node)}."
        raise wrong(node.place, key, message, _suggestion(field, node)) from None
    if problem := field.says.problem(value):
        raise wrong(node.place, key, f"{part}{problem}, not {_as_written(node)}.")
    if field.marked(PATH) and isinstance(value, str) and not value.startswith("python:"):
        return _absolute(key, value, node.place)
    return value


def _named_numbers(field: Field, node: MappingNode) -> Any:
    """Read a mapping of names to numbers as pairs."""
    pairs = []
    for name, entry in node.entries.items():
        value = None if isinstance(entry.node, MappingNode) else plain(entry.node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong(entry.place, field.key, f"{name}: must be a number.")
        pairs.append([name, float(value)])
    return conform(field, pairs)


def _absolute(key: str, value: str, place: Place) -> str:
    """The absolute path of a file that is named here; the task finds out whether it exists."""
    if not value.strip():
        raise wrong(place, key, "must name a file; the text is empty.")
    try:
        path = (place.directory / value).expanduser().resolve()
        special = path.exists() and not (path.is_file() or path.is_dir())
    except (OSError, ValueError, RuntimeError) as error:
        # A NUL, half a surrogate pair, a name that is too long, or `~name` of an unknown user.
        reason = getattr(error, "strerror", None) or error
        raise wrong(place, key, f"is no name of a file: {reason}.") from None
    if special:
        raise wrong(place, key, f"{path} is a device or a pipe; name a file.")
    return str(path)


def _duration(field: Field, node: Node) -> float:
    """Read a time with its unit as seconds."""
    text = node.raw if isinstance(node, ScalarNode) else ""
    match = _DURATION.fullmatch(text)
    if match is not None and float(match[1]) > 0:
        seconds = float(match[1]) * _SECONDS[match[2]]
        problem = field.says.problem(seconds)
        if problem is None:
            return seconds
        if seconds < float("inf"):
            raise wrong(node.place, field.key, f"{problem} (seconds), not {_as_written(node)}.")
    number = isinstance(node, ScalarNode) and isinstance(node.value, int | float)
    none = ", or null for none" if type(None) in get_args(field.type) else ""
    raise wrong(
        node.place,
        field.key,
        f'must be a time above 0 with its unit, such as "90s", "10m" or "2h"{none}, '
        f"not {_as_written(node)}.",
        f'"{text}s"' if number and re.fullmatch(r"\d+(\.\d+)?", text) and float(text) else "",
    )


def _as_written(node: Node) -> str:
    """A wrong value as the person wrote it, and what it is where that is not what is asked for."""
    if isinstance(node, ScalarNode):
        raw = node.raw if len(node.raw) <= 60 else node.raw[:57] + "..."
        if isinstance(node.value, str):
            return f"the text {raw!r}"
        return f"{raw or 'nothing'}"
    text = str(plain(node))
    return f"the list {text}" if len(text) <= 60 else f"the list {text[:57]}..."


def _suggestion(field: Field, node: Node) -> str:
    """A valid value that a wrong one was probably meant to be; empty where none is near."""
    if not isinstance(node, ScalarNode):
        return ""
    names = [member for member in literals(field.type) if isinstance(member, str)]
    if names:
        if "none" in names and node.value is None:
            return "none"
        return nearest(node.raw, names)
    if takes(field.type, bool):
        low = node.raw.lower()
        return _YES_NO.get(low, low if node.quoted and low in ("true", "false") else "")
    numeric = takes(field.type, int) or takes(field.type, float)
    if (
        numeric
        and node.raw.lower() in ("none", "off", "no")
        and type(None) in alternatives(field.type)
    ):
        return "null"
    if takes(field.type, int) and isinstance(node.value, float) and node.value.is_integer():
        return str(int(node.value))
    if numeric and isinstance(node.value, str):
        for convert in (int, float):
            if convert is float and not takes(field.type, float):
                continue
            try:
                return str(convert(node.value.replace("_", "").replace(",", ".")))
            except ValueError:
                continue
    if takes(field.type, str) and not isinstance(node.value, str):
        return f'"{node.raw}"' if node.raw else ""
    return ""


def _tuples(value: Any) -> Any:
    """Turn lists into tuples, which frozen config dataclasses hold."""
    return tuple(_tuples(member) for member in value) if isinstance(value, list) else value
