"""A field that a space file may set, and the fields of the arguments of custom classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnsearch.space.conditions import Among
from rnnsearch.space.field_types import takes_names, texts
from rnnsearch.vocabulary import (
    DURATION,
    REQUIRED,
    Arguments,
    Key,
    Mark,
    Needs,
    PlainValue,
    keys,
)

SAMPLED_SECTIONS = ("task", "model", "training", "params")
"""The sections that describe one trial, so that a study may sample their fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that holds a value and no further fields.

    Attributes:
        key: Dotted key in the space file.
        says: What the dataclass says of it beside its default.
        default: A value, or `REQUIRED`.
        home: Dotted key of the section of the field that it needs; empty where that is its own.
    """

    key: str
    says: Key
    default: Any
    home: str = ""

    @property
    def name(self) -> str:
        """The last part of the dotted key."""
        return self.key.rsplit(".", 1)[-1]

    @property
    def type(self) -> Any:
        """The type of the values in a space file, where an enumeration is a text."""
        return texts(self.says.type)

    def as_written(self, value: Any) -> Any:
        """A value as a space file has it: a time with its unit, pairs of a name and a number as a
        mapping, all else as it is."""
        if isinstance(value, tuple) and takes_names(self.type):
            return dict(value)
        if not self.marked(DURATION) or value is None:
            return value
        return f"{value:.15f}".rstrip("0").rstrip(".") + "s"

    def marked(self, mark: Mark) -> bool:
        """Whether the dataclass marks the field so."""
        return mark in self.says.marks

    @property
    def needs(self) -> tuple[str, Among] | None:
        """A dotted key and the values of it with which alone this field does anything."""
        if (needs := self.says.needs) is None:
            return None
        home = self.home or self.key.rpartition(".")[0]
        return f"{home}.{needs.field}", Among(needs.values)

    @property
    def never_sampled(self) -> str:
        """Why a study never samples it; empty where it may."""
        if self.key.split(".", 1)[0] not in SAMPLED_SECTIONS:
            return "only fields of task, model and training are"
        return self.says.never_sampled


def argument_fields(key: str, arguments: Arguments, paths: Sequence[str]) -> dict[str, Field]:
    """The fields of the constructors' arguments of some classes, among which a study may choose.

    An argument that several of them have is one field, of any plain value where they disagree on
    its type, and without a default where they disagree on that.

    Args:
        key: Dotted key of the section that they stand in.
        paths: The dotted paths of the classes.

    Raises:
        ModelError: There is no such class, or its arguments cannot be read.
    """
    home = key.rpartition(".")[0]
    fields: dict[str, Field] = {}
    for path in paths:
        for name, says in keys(arguments.config(path)).items():
            inner = f"{key}.{name}"
            needs = Needs(arguments.field, (path,))
            one = Field(inner, dataclasses.replace(says, needs=needs), says.default, home)
            fields[inner] = _both(fields[inner], one) if inner in fields else one
    return fields


def _both(one: Field, other: Field) -> Field:
    """The field of an argument that two classes have."""
    assert one.says.needs is not None
    assert other.says.needs is not None
    paths = (*one.says.needs.values, *other.says.needs.values)
    says, default = one.says, one.default
    if other.says.type != says.type or other.says.range != says.range:
        says = Key(PlainValue, meaning=says.meaning)
    if type(other.default) is not type(default) or other.default != default:
        default = REQUIRED
    return Field(
        one.key,
        dataclasses.replace(says, needs=Needs(one.says.needs.field, paths)),
        default,
        one.home,
    )


def needed_by_classes(one: Field, paths: Sequence[str]) -> Field:
    """A field that does something with these classes too, where it needs one of some values."""
    needs = one.says.needs
    if needs is None:
        return one
    wider = Needs(needs.field, (*needs.values, *paths))
    return dataclasses.replace(one, says=dataclasses.replace(one.says, needs=wider))
