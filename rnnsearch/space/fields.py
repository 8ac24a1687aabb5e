"""Every field that a space file may set, read off the config dataclasses.

The types, defaults and meanings stand in the dataclasses alone; what is added here is only how
they are flattened into dotted keys, and how a type is said in words.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from rnnsearch.models.config import ModelConfig, OwnCell
from rnnsearch.space.spec import ResourcesConfig, SearchConfig
from rnnsearch.tasks.families import family
from rnnsearch.tasks.own.find import is_own
from rnnsearch.training.config import TrainingConfig

REQUIRED = object()
"""The default of a field that has none of its own."""

SECTIONS = ("name", "task", "model", "training", "first_trials", "search", "resources")
"""The keys at the top of a space file, in the order of a resolved one."""

NEVER_SAMPLED = {
    "task.type": "a study learns one task",
    "task.data_seed": "trials are compared on the same data",
    "task.split_seed": "trials are compared on the same held-out sequences",
    "task.generated.seed": "trials are compared on the same sequences",
    "training.max_epochs": "it is the last rung of every trial",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf of a config dataclass.

    Attributes:
        key: Dotted key in the space file.
        annotation: The dataclass's own.
        default: A value, or `REQUIRED`.
        meaning: From the dataclass's docstring; empty where it says nothing.
        own: Whether it belongs to a user's task, of whose ranges we know nothing.
    """

    key: str
    annotation: Any
    default: Any
    meaning: str
    own: bool = False

    @property
    def name(self) -> str:
        return self.key.rsplit(".", 1)[-1]


def meanings(cls: type) -> Mapping[str, str]:
    """What the `Attributes:` part of a docstring says of each attribute, on one line.

    Of a class that inherits fields, its bases' docstrings too; its own says the last word.
    """
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if dataclasses.is_dataclass(one):
            found |= _own_meanings(one)
    return found


def _own_meanings(cls: type) -> Mapping[str, str]:
    lines = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2].splitlines()
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if match := re.match(r"    (\w+): (.*)", line):
            name = match[1]
            found[name] = match[2]
        elif name and line.startswith("        "):
            found[name] += " " + line.strip()
        else:
            name = ""
    return found


def summary(cls: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())


def leaves(cls: type, prefix: str, whole: Any = REQUIRED) -> dict[str, Field]:
    """The fields of a config dataclass, nested ones flattened, in order.

    Args:
        whole: A default of `cls` itself, whose attributes then are the fields' defaults.
    """
    hints, said = get_type_hints(cls), meanings(cls)
    found: dict[str, Field] = {}
    for part in dataclasses.fields(cls):
        key, annotation = f"{prefix}.{part.name}", hints[part.name]
        default: Any = REQUIRED
        if whole is not REQUIRED:
            default = getattr(whole, part.name)
        elif part.default is not dataclasses.MISSING:
            default = part.default
        elif part.default_factory is not dataclasses.MISSING:
            default = part.default_factory()
        if dataclasses.is_dataclass(annotation):
            found |= leaves(annotation, key, default)  # type: ignore[arg-type]
        else:
            found[key] = Field(key, _texts(annotation), default, said.get(part.name, ""))
    return found


def _texts(annotation: Any) -> Any:
    """An enumeration of texts as those texts, which a file writes; any other type as it is."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return Literal[tuple(member.value for member in annotation)]
    return annotation


def config_classes(task_type: str | None) -> dict[str, type]:
    """The config class of each section; without `task` where its type is unknown."""
    classes: dict[str, type] = {}
    if task_type is not None:
        classes["task"] = family(task_type).config
    return classes | {
        "model": ModelConfig,
        "training": TrainingConfig,
        "search": SearchConfig,
        "resources": ResourcesConfig,
    }


@cache
def all_fields(task_type: str | None) -> Mapping[str, Field]:
    """Every field of a study of that task, under its dotted key."""
    found: dict[str, Field] = {}
    own = task_type is not None and is_own(task_type)
    for section, cls in config_classes(task_type).items():
        fields = leaves(cls, section)
        if own and section == "task":
            fields = {key: dataclasses.replace(one, own=True) for key, one in fields.items()}
            found["task.type"] = Field("task.type", Literal[task_type], task_type, "")
        found |= fields
    return found


def section_hints(cls: type, section: str) -> dict[str, Any]:
    """The keys of a section and their types; a user's task has its `type` beside its fields."""
    return ({"type": str} if section == "task" else {}) | get_type_hints(cls)


def sampled_section(key: str) -> bool:
    """Whether the key lies where distributions are allowed at all."""
    return key.split(".", 1)[0] in ("task", "model", "training")


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; a tuple of one for any other type."""
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def takes(annotation: Any, kind: type) -> bool:
    """Whether the type admits values of `kind` (int, float, bool, str) other than by a Literal."""
    return kind in alternatives(annotation)


def is_list(annotation: Any) -> bool:
    return any(get_origin(part) is tuple for part in alternatives(annotation))


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
    OwnCell: "your own package.module:Class",
}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts", bool: "true or false"}


def in_words(annotation: Any) -> str:
    """A type as a person says it: `a whole number or null`."""
    words = []
    for part in alternatives(annotation):
        if get_origin(part) is Literal:
            members = [str(member) for member in get_args(part)]
            words.append(members[0] if len(members) == 1 else "one of " + ", ".join(members))
        elif get_origin(part) is tuple:
            words.append(f"a list of {_PLURALS[get_args(part)[0]]}")
        else:
            words.append(_WORDS[part])
    return " or ".join(words)
