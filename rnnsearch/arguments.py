"""The arguments of a constructor that a person brought, read from its signature as keys."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Collection, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from rnnsearch.custom_code import calling
from rnnsearch.errors import ModelError
from rnnsearch.plugins import settable
from rnnsearch.vocabulary import Members, PlainValue

Fields = list[tuple[str, Any, Any]]
"""Names, types and defaults, as `dataclasses.make_dataclass` takes them."""


def read_arguments(path: str, cls: Any, filled: Collection[str]) -> tuple[Fields, dict[str, str]]:
    """The arguments of a class's constructor that a space file can set, and why it cannot the rest.

    An argument has the type of its annotation, or else that of its default; without either it
    takes any plain value. One that a space file cannot set keeps its default.

    Args:
        path: The class's dotted path.
        filled: Names of arguments that something else than the file fills.

    Raises:
        ModelError: An argument without a default cannot be set.
    """
    with calling(f"reading the arguments of {path}", ModelError):
        arguments = inspect.signature(cls).parameters.values()
        hints = _hints(cls)
    fields: Fields = []
    left_out: dict[str, str] = {}
    for one in arguments:
        if one.name in filled or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        required = one.default is one.empty
        hint = _hint(hints.get(one.name, Any if required else _type_of(one.default)))
        kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if problem := _problem(one, kind):
            if required:
                raise ModelError(f"{path}: its argument `{one.name}` {problem}")
            left_out[one.name] = problem
        else:
            default = dataclasses.MISSING if required else one.default
            fields.append((one.name, hint, dataclasses.field(default=default)))
    return fields, left_out


def documented(cls: Any) -> str:
    """The docstring of a class, with its arguments where those of a dataclass have theirs."""
    texts = (cls.__doc__, cls.__init__.__doc__)
    text = "\n\n".join(inspect.cleandoc(one) for one in texts if one)
    return text.replace("Args:\n", "Attributes:\n")


def arguments_config(path: str, cls: Any, filled: Collection[str]) -> type:
    """A frozen dataclass whose fields are the arguments of a class's constructor.

    Its attribute `left_out` says why others are none.

    Raises:
        ModelError: As for `read_arguments`.
    """
    fields, left_out = read_arguments(path, cls, filled)
    return dataclasses.make_dataclass(
        cls.__name__,
        fields,
        namespace={
            "__doc__": documented(cls),
            "__module__": cls.__module__,
            "left_out": left_out,
        },
        frozen=True,
        kw_only=True,
    )


def _hints(cls: Any) -> dict[str, Any]:
    """The annotations of a constructor; none where they name what is not there as it runs."""
    try:
        return get_type_hints(cls.__init__, include_extras=True)
    except NameError:
        return {}


def _type_of(default: Any) -> Any:
    """The type of a default; of a tuple of numbers or of texts, with theirs."""
    many: Any = tuple
    kinds = {type(one) for one in default} if isinstance(default, tuple) else set()
    return many[(kinds.pop(),) * len(default)] if len(kinds) == 1 else type(default)


def _hint(hint: Any) -> Any:
    """The type of an argument as a field has it: of a union the members that a file can write.

    An argument without a type (`units`, `dropout=None`) says nothing of what it takes, and one that
    takes several types is read by the value alone: both are any plain value.
    """
    if hint in (Any, object, type(None)):
        return PlainValue
    if get_origin(hint) is tuple:
        kinds = [one if one is Ellipsis else _hint(one) for one in get_args(hint)]
        alike = all(one == kinds[0] for one in kinds) and Ellipsis not in kinds
        many: Any = tuple
        return Annotated[many[kinds[0], ...], Members(len(kinds), len(kinds))] if alike else hint
    if get_origin(hint) not in (Union, UnionType):
        return hint
    members = [member for member in get_args(hint) if settable(member)]
    none = (None,) if type(None) in get_args(hint) else ()
    if len(members) == 1:
        return Union[(members[0], *none)]
    return PlainValue if members and set(members) <= {bool, int, float, str} else hint


def _problem(argument: inspect.Parameter, kind: Any) -> str:
    """Why an argument is no key of a space file, as the end of a sentence; empty where it is."""
    if argument.name == "type":
        return "cannot be called `type`, which is the key that names the class."
    if argument.kind is argument.POSITIONAL_ONLY:
        return "can be given by its position alone; take the `/` out."
    if kind is not PlainValue and not settable(kind):
        return (
            "has a type that a space file cannot set; allowed are int, float, bool, str, Literal, "
            "tuple[int, ...] and the like, any of these or None, and frozen dataclasses of such "
            "fields with defaults."
        )
    return ""


def shown(arguments: Mapping[str, Any]) -> str:
    """Arguments as a call has them: `units=8, rate=0.1`."""
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
