"""Classes that people and installed packages bring, behind the `type` in a section of a space file.

A `type` names a class of rnnsearch's own, one that an installed package offers as an entry point of
a group, or `package.module:Class`, looked for in the working directory too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from rnnsearch.custom_code import calling, find_class
from rnnsearch.errors import InputError
from rnnsearch.vocabulary import keys


@cache
def installed(group: str) -> Mapping[str, EntryPoint]:
    """What installed packages offer in a group, by name."""
    return {entry.name: entry for entry in _every_entry().select(group=group)}


@cache
def _every_entry() -> Any:  # two types in Python 3.11 and 3.12, with one method that we need
    """Those of all groups: the metadata of every package is read for one as for all."""
    return entry_points()


def is_custom(name: str, group: str) -> bool:
    """Whether a `type` names somebody's class and none of ours, found or not."""
    return ":" in name or name in installed(group)


def custom_class(name: str, group: str, noun: str) -> type:
    """The class behind an entry point's name or `package.module:Class`.

    Args:
        noun: What the class is to be, such as `task`.

    Raises:
        InputError: There is no such module or class, or its module cannot be imported.
    """
    entries = installed(group)
    return find_class(entries[name].value if name in entries else name, noun)


def no_config(found: type, section: str, lacks: str = "") -> str | None:
    """What a class lacks of a config that stands in a section of a space file; None of nothing.

    Args:
        section: Whose keys are its fields, such as `task`.
        lacks: What it lacks beside; empty of nothing.
    """
    if not dataclasses.is_dataclass(found):
        return f"it must be a dataclass, whose fields are the keys under `{section}`."
    if not getattr(found, "__dataclass_params__").frozen:  # noqa: B009  (unknown to type checkers)
        return "the dataclass must be frozen: @dataclass(frozen=True)."
    if lacks:
        return lacks
    if "<locals>" in found.__qualname__:
        return (
            f"it is made inside of a function, as {found.__qualname__}, where nobody finds it "
            "again. Define the class at the top of its module."
        )
    return _fields_problem(found)


def _fields_problem(cls: type) -> str | None:
    try:
        hints = get_type_hints(cls)
    except (NameError, TypeError) as error:
        return f"the types of its fields cannot be read ({error})."
    said = keys(cls)
    for field in dataclasses.fields(cls):
        if field.name == "type":
            return "a field cannot be called `type`, which is the key of its own name."
        if field.default is MISSING and field.default_factory is MISSING:
            return f"its field `{field.name}` needs a default."
        if said[field.name].configs is None and not _settable(hints[field.name]):
            return (
                f"its field `{field.name}` has a type that a space file cannot set; allowed are "
                "int, float, bool, str, Literal, tuple[int, ...] and the like, any of these or "
                "None, and dataclasses of such fields."
            )
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        if problem := said[field.name].problem(default):
            return f"its field `{field.name}` has the default {default!r}, which {problem}."
    return None


def _settable(kind: Any) -> bool:
    if kind in (int, float, bool, str):
        return True
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        inner = [member for member in get_args(kind) if member is not NoneType]
        return len(inner) == 1 and not dataclasses.is_dataclass(inner[0]) and _settable(inner[0])
    if origin is Literal:
        return all(isinstance(member, str | int) for member in get_args(kind))
    if origin is tuple:
        kinds = get_args(kind)
        return len(kinds) == 2 and kinds[1] is Ellipsis and kinds[0] in (int, float, bool, str)
    return (
        isinstance(kind, type) and dataclasses.is_dataclass(kind) and _fields_problem(kind) is None
    )


class Configs(Mapping[str, type]):
    """The configs among which the `type` in a section chooses, by that name.

    Args:
        section: Dotted key of the section.
        noun: What each is the config of, in words.
        group: Of the entry points under which packages offer theirs.
        method: What the config makes it with; whatever somebody's raises is said as theirs.
        built_in: Ours.
    """

    def __init__(
        self, section: str, noun: str, group: str, method: str, built_in: Mapping[str, type]
    ) -> None:
        self._section = section
        self._noun = noun
        self.group = group
        self._method = method
        self._built_in = built_in
        self._brought: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        """The config of a name.

        Raises:
            KeyError: The name is none of ours, nor one that somebody could bring.
            InputError: What it names cannot be found, or is no such config.
        """
        if name in self._built_in:
            return self._built_in[name]
        if not is_custom(name, self.group):
            raise KeyError(name)
        if name not in self._brought:
            found = custom_class(name, self.group, self._noun)
            lacks = "" if hasattr(found, self._method) else f"it has no method {self._method}()."
            if problem := no_config(found, self._section, lacks):
                raise InputError(f"{name} is no {self._noun}: {problem}")
            self._brought[name] = _named(found, name, self._method)
        return self._brought[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._built_in or is_custom(name, self.group))

    def __iter__(self) -> Iterator[str]:
        """Those with a name of their own, ours and of installed packages, that can be found.

        Of one that cannot, who names it learns why; it is nothing to others.
        """
        yield from self._built_in
        for name in installed(self.group):
            with suppress(InputError):
                self[name]
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _named(found: Any, name: str, method: str) -> type:
    """Somebody's config with a field `type`; what it raises is said as theirs."""

    def checked(self: Any) -> None:
        if hasattr(found, "__post_init__"):
            with calling(name):
                found.__post_init__(self)

    def make(self: Any, *of_it: Any) -> Any:
        call = f"{name}.{method}()"
        with calling(call):
            made = getattr(found, method)(self, *of_it)
        return CustomObject(made, name)

    return dataclasses.make_dataclass(
        found.__name__,
        [("type", Literal[name], name)],
        bases=(found,),
        namespace={
            "__doc__": found.__doc__,
            "__module__": found.__module__,
            "__qualname__": found.__qualname__,
            "__post_init__": checked,
            method: make,
        },
        frozen=True,
    )


class _MissingAttributeError(InputError, AttributeError):
    """Somebody's object lacks an attribute; `getattr` with a default takes the default."""


class CustomObject:
    """Somebody's object, each of whose errors names its class and the line in it."""

    def __init__(self, made: Any, name: str) -> None:
        self._made = made
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        with calling(f"{self._name}: {attribute}", _MissingAttributeError):
            found = getattr(self._made, attribute)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            with calling(f"{self._name}: {attribute}()"):
                return found(*args, **named)

        return call
