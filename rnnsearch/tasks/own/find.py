"""A user's task by its dotted path, or by the name under which a package offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from rnnsearch.errors import DataError, InputError
from rnnsearch.own_code import find_class, theirs

GROUP = "rnnsearch.tasks"
"""Entry points of installed packages: `parity = "my_package.tasks:Parity"`."""

ONE_TRIAL = ("input_size", "output_size", "batch", "metrics", "evaluate")
WHOLE = ("load", "build")


class OwnConfig(Protocol):
    """A frozen dataclass of the user's: its fields are what a space file sets under `task`.

    It is a task of one of two kinds; README, "Your own task", shows the first, and
    `tasks.own.protocol` says what either has to have.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


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


@cache
def own_class(name: str) -> type[OwnConfig]:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Raises:
        DataError: There is no such module or class, or it is no task; the text says what it lacks.
    """
    found = _imported(name)
    problem = _problem(found)
    if problem is not None:
        raise DataError(f"{name} is no task: {problem}")
    cls: type[OwnConfig] = found
    return cls


def is_whole(cls: type) -> bool:
    """Whether a task brings its own `TaskData` and `Task`."""
    return all(hasattr(cls, name) for name in WHOLE)


def _imported(name: str) -> type:
    path = installed()[name].value if name in installed() else name
    try:
        return find_class(path, "task")
    except InputError as error:
        raise DataError(str(error)) from error


def _problem(found: type) -> str | None:
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
    for field in fields(cls):
        if field.name == "type":
            return "a field cannot be called `type`, which is the key of the task's own name."
        if field.default is MISSING and field.default_factory is MISSING:
            return f"its field `{field.name}` needs a default."
        if not _settable(hints[field.name]):
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


def own_problems(config: OwnConfig) -> list[tuple[str, str]]:
    """What a task's own `problems` says of its fields' values, where it has one."""
    problems: Callable[[], Any] | None = getattr(config, "problems", None)
    if problems is None:
        return []
    try:
        with theirs(_called(config)):
            found = [(key, message) for key, message in problems()]
    except InputError as error:
        return [("type", f"{error}.")]
    names = [field.name for field in fields(config)]
    for key, message in found:
        field = key.partition(".")[0] if isinstance(key, str) else None
        if field not in names or not isinstance(message, str):
            said = f"gave {(key, message)!r}; it must give pairs of a field and what is wrong"
            return [("type", f"{_called(config)} {said} with it. Fields: {', '.join(names)}.")]
    return found


def _called(config: OwnConfig) -> str:
    return f"{own_name(type(config))}.problems()"
