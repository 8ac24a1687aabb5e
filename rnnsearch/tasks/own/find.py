"""A user's task by its dotted path, or by the name under which a package offers it."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from rnnsearch.vocabulary import keys

GROUP = "rnnsearch.tasks"
"""Entry points of installed packages: `parity = "my_package.tasks:Parity"`."""

ONE_TRIAL = ("input_size", "output_size", "batch", "metrics", "evaluate")
WHOLE = ("load", "build")


@cache
def installed() -> dict[str, EntryPoint]:
    """Tasks that installed packages offer, by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def is_own(name: str) -> bool:
    """Whether a `task.type` names a user's task, found or not."""
    return ":" in name or name in installed()


def own_name(cls: type) -> str:
    """The path under which any process finds the class again."""
    return f"{cls.__module__}:{cls.__qualname__}"


def is_whole(cls: type) -> bool:
    """Whether a task brings its own `TaskData` and `Task`."""
    return all(hasattr(cls, name) for name in WHOLE)


def no_task(found: type) -> str | None:
    """What a class lacks of a user's task, in words that end the sentence `it is no task: `.

    A task is a frozen dataclass of one of two kinds; README, "Your own task", shows the first, and
    `tasks.own.protocol` says what either has to have.
    """
    if not is_dataclass(found):
        return "it must be a dataclass, whose fields are the keys under `task`."
    if not getattr(found, "__dataclass_params__").frozen:  # noqa: B009  (unknown to type checkers)
        return "the dataclass must be frozen: @dataclass(frozen=True)."
    if not (is_whole(found) or all(hasattr(found, name) for name in ONE_TRIAL)):
        lacks = ", ".join(name for name in ONE_TRIAL if not hasattr(found, name))
        return f"it has no {lacks} (nor both of {' and '.join(WHOLE)}); see README, Your own task."
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
    for field in fields(cls):
        if field.name == "type":
            return "a field cannot be called `type`, which is the key of the task's own name."
        if field.default is MISSING and field.default_factory is MISSING:
            return f"its field `{field.name}` needs a default."
        if said[field.name].configs is None and not _settable(hints[field.name]):
            return (
                f"its field `{field.name}` has a type that a space file cannot set; allowed are "
                "int, float, bool, str, Literal, tuple[int, ...] and the like, any of these or "
                "None, and dataclasses of such fields."
            )
    return None


def _settable(kind: Any) -> bool:
    if kind in (int, float, bool, str):
        return True
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        inner = [member for member in get_args(kind) if member is not NoneType]
        return len(inner) == 1 and not is_dataclass(inner[0]) and _settable(inner[0])
    if origin is Literal:
        return all(isinstance(member, str | int) for member in get_args(kind))
    if origin is tuple:
        kinds = get_args(kind)
        return len(kinds) == 2 and kinds[1] is Ellipsis and kinds[0] in (int, float, bool, str)
    return isinstance(kind, type) and is_dataclass(kind) and _fields_problem(kind) is None
