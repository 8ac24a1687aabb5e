"""Which values the type of a field admits, and how a person says it."""

from __future__ import annotations

import math
import types
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as limits
from pydantic import StringConstraints, WithJsonSchema

from rnnsearch.vocabulary import (
    CUSTOM,
    CUSTOM_PATTERN,
    CustomClass,
    CustomFunction,
    Key,
    NamedNumbers,
)


def texts(annotation: Any) -> Any:
    """The Literal of an enumeration's texts, which a file writes; any other type as it is."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return Literal[tuple(member.value for member in annotation)]
    return annotation


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; a tuple of one for any other type."""
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def takes(annotation: Any, kind: type) -> bool:
    """Whether the type admits values of `kind` (int, float, bool, str) other than by a Literal."""
    return kind in alternatives(annotation)


def is_list(annotation: Any) -> bool:
    """Whether the type admits lists, which configs hold as tuples."""
    return any(
        get_origin(part) is tuple and part != NamedNumbers for part in alternatives(annotation)
    )


def takes_names(annotation: Any) -> bool:
    """Whether the type admits a mapping of names to numbers."""
    return NamedNumbers in alternatives(annotation)


def literals(annotation: Any) -> tuple[Any, ...]:
    """The members of the Literal types in an annotation."""
    return tuple(
        member
        for part in alternatives(annotation)
        if get_origin(part) is Literal
        for member in get_args(part)
    )


_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    type(None): "null",
    CustomClass: "your own package.module:Class",
    CustomFunction: "your own package.module:function",
}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts", bool: "true or false"}


def in_words(annotation: Any) -> str:
    """A type as a person says it: `a whole number or null`."""
    words = []
    for part in alternatives(annotation):
        if get_origin(part) is Literal:
            members = [str(member) for member in get_args(part)]
            words.append(members[0] if len(members) == 1 else "one of " + ", ".join(members))
        elif part == NamedNumbers:
            words.append("a mapping of names to numbers")
        elif get_origin(part) is tuple:
            members = [_PLURALS[member] for member in alternatives(get_args(part)[0])]
            words.append(f"a list of {' or '.join(members)}")
        else:
            words.append(_WORDS[part])
    return " or ".join(words)


def pydantic_type(kind: Any, says: Key) -> Any:
    """A type with the limits of its numbers and lists as annotations that pydantic reads."""
    if len(parts := alternatives(kind)) > 1:
        return Union[tuple(pydantic_type(part, says) for part in parts)]  # noqa: UP007
    if kind == NamedNumbers:
        numbers = {"type": "object", "additionalProperties": {"type": "number"}}
        return Annotated[kind, WithJsonSchema(numbers)]
    if get_origin(kind) is tuple:
        many: Any = tuple
        many = many[pydantic_type(get_args(kind)[0], says), ...]
        return Annotated[many, limits.Len(says.members.least, says.members.most)]
    if kind in CUSTOM:
        return Annotated[str, StringConstraints(pattern=CUSTOM_PATTERN)]
    if kind not in (int, float):
        return kind
    allowed = says.range
    ends = {"gt": allowed.above, "ge": allowed.least, "lt": allowed.below, "le": allowed.most}
    return Annotated[
        kind, limits.Interval(**{name: end for name, end in ends.items() if math.isfinite(end)})
    ]
