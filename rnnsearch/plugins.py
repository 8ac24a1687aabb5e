"""Custom classes, which people and installed packages bring, by the `type` in a space file.

A `type` names a class that is built in, one that an installed package offers as an entry point of a
group, or `package.module:Class`, which is looked for in the working directory too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from rnnsearch.custom_code import calling, find_class
from rnnsearch.errors import InputError
from rnnsearch.vocabulary import REQUIRED, keys


@cache
def installed(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group that installed packages offer, by name."""
    return {entry.name: entry for entry in _every_entry().select(group=group)}


@cache
def _every_entry() -> Any:  # of two types in Python 3.11 and 3.12, both with a method `select`
    """The entry points of all groups, kept: to find one, every package's metadata must be read."""
    return entry_points()


def is_custom(name: str, group: str) -> bool:
    """Whether a `type` names a custom class, which may or may not be there to be found."""
    return ":" in name or name in installed(group)


def custom_class(name: str, group: str, noun: str) -> type:
    """Import the class behind an entry point's name or `package.module:Class`.

    Args:
        name: The `type`.
        group: The group of entry points, such as `rnnsearch.tasks`.
        noun: What the class is for, in errors: `task`.

    Raises:
        InputError: There is no such module or class, or its module cannot be imported.
    """
    entries = installed(group)
    return find_class(entries[name].value if name in entries else name, noun)


def no_config(cls: type, section: str, lacks: str = "") -> str | None:
    """What a class lacks to be the config of a section of a space file; None for nothing.

    Args:
        section: The section whose keys are its fields, such as `task`.
        lacks: What the class is known to lack beyond that; empty for nothing.
    """
    if not dataclasses.is_dataclass(cls):
        return f"it must be a dataclass, whose fields are the keys under `{section}`."
    if not getattr(cls, "__dataclass_params__").frozen:  # noqa: B009  (unknown to type checkers)
        return "the dataclass must be frozen: @dataclass(frozen=True)."
    if lacks:
        return lacks
    if "<locals>" in cls.__qualname__:
        return (
            f"it is made inside of a function, as {cls.__qualname__}, where nobody finds it "
            "again. Define the class at the top of its module."
        )
    return _fields_problem(cls)


def _fields_problem(cls: type) -> str | None:
    """What keeps the fields of a dataclass from being keys of a space file; None for nothing."""
    try:
        fields = keys(cls)
    except (NameError, TypeError) as error:
        return f"the types of its fields cannot be read ({error})."
    for name, key in fields.items():
        if name == "type":
            return "a field cannot be called `type`, which is the key of its own name."
        if key.default is REQUIRED:
            return f"its field `{name}` needs a default."
        if key.configs is None and not settable(key.type):
            return (
                f"its field `{name}` has a type that a space file cannot set; allowed are int, "
                "float, bool, str, Literal, tuple[int, ...] and the like, any of these or None, "
                "and dataclasses of such fields."
            )
        if problem := key.problem(key.default):
            return f"its field `{name}` has the default {key.default!r}, which {problem}."
    return None


def settable(kind: Any) -> bool:
    """Whether a space file can set a field of this type."""
    if kind in (int, float, bool, str):
        return True
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        inner = [member for member in get_args(kind) if member is not NoneType]
        return len(inner) == 1 and not dataclasses.is_dataclass(inner[0]) and settable(inner[0])
    if origin is Literal:
        return all(isinstance(member, str | int) for member in get_args(kind))
    if origin is tuple:
        kinds = get_args(kind)
        return len(kinds) == 2 and kinds[1] is Ellipsis and kinds[0] in (int, float, bool, str)
    return (
        isinstance(kind, type) and dataclasses.is_dataclass(kind) and _fields_problem(kind) is None
    )


class Configs(Mapping[str, type]):
    """The config dataclasses among which the `type` in a section chooses, by that name.

    Args:
        section: Dotted key of the section, such as `search.sampler`.
        noun: What each is the config of, in words: `sampler`.
        group: The group of entry points under which packages offer theirs.
        method: The method of the config that makes the object itself. An error that a custom one
            raises names its class and line, and so does one of the object that it makes.
        built_in: The configs that rnnsearch brings.
    """

    def __init__(
        self, section: str, noun: str, group: str, method: str, built_in: Mapping[str, type]
    ) -> None:
        self._section = section
        self._noun = noun
        self.group = group
        self._method = method
        self._built_in = built_in
        self.brought: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        """The config of a name.

        Raises:
            KeyError: The name is not built in, nor can it be that of a custom class.
            InputError: It names a custom class that cannot be cls, or is no such config.
        """
        if name in self._built_in:
            return self._built_in[name]
        if not is_custom(name, self.group):
            raise KeyError(name)
        if name not in self.brought:
            cls = custom_class(name, self.group, self._noun)
            lacks = "" if hasattr(cls, self._method) else f"it has no method {self._method}()."
            if problem := no_config(cls, self._section, lacks):
                raise InputError(f"{name} is no {self._noun}: {problem}")
            self.brought[name] = named(cls, name, self._method)
        return self.brought[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._built_in or is_custom(name, self.group))

    def __iter__(self) -> Iterator[str]:
        """The names that are built in, and those of installed packages whose class can be found.

        A class that cannot be found is left out here, and its error shown to who names it.
        """
        yield from self._built_in
        for name in installed(self.group):
            with suppress(InputError):
                self[name]
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


def named(cls: Any, name: str, method: str) -> type:
    """A subclass of a custom config, with a field `type` and with errors that name their place."""

    def checked(self: Any) -> None:
        if hasattr(cls, "__post_init__"):
            with calling(name):
                cls.__post_init__(self)

    def make(self: Any, *of_it: Any) -> Any:
        call = f"{name}.{method}()"
        with calling(call):
            made = getattr(cls, method)(self, *of_it)
        return CustomObject(made, name)

    return dataclasses.make_dataclass(
        cls.__name__,
        [("type", Literal[name], name)],
        bases=(cls,),
        namespace={
            "__doc__": cls.__doc__,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__post_init__": checked,
            method: make,
        },
        frozen=True,
    )


class _MissingAttributeError(InputError, AttributeError):
    """Somebody's object lacks an attribute; `getattr` with a default takes the default."""


class CustomObject:
    """Stands for an object of custom code, so that an error in any of its methods names its place.

    The seams of rnnsearch call such objects from many places; here the calls are caught in one.
    """

    def __init__(self, made: Any, name: str) -> None:
        self._made = made
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        with calling(f"{self._name}: {attribute}", _MissingAttributeError):
            value = getattr(self._made, attribute)
        if not callable(value):
            return value

        def call(*args: Any, **named: Any) -> Any:
            with calling(f"{self._name}: {attribute}()"):
                return value(*args, **named)

        return call
