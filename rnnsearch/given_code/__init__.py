"""Classes and functions of a script or a notebook, which no other process can import.

Each has a path nevertheless, `__main__:MyNet_1a2b3c4d`: its name and the hash of its source, so
that a class that was changed in its cell has another path. The process that was given an object
knows it by that path, and tells the packs, through Ray. A study keeps its source.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import FunctionType
from typing import Any

from rnnsearch.errors import InputError
from rnnsearch.given_code.source import source_of

HERE = "__main__:"
"""How the paths begin."""

PATH = re.compile(rf"\b{HERE}(\w+)_([0-9a-f]{{8}})\b")
"""The paths: the name of the object, and the beginning of the hash of its source."""

_objects: dict[str, Any] = {}
_stand_ins: dict[str, Any] = {}


def is_given(path: str) -> bool:
    """Whether a path is that of an object of a script or a notebook."""
    return PATH.fullmatch(path) is not None


def paths_in(text: str) -> list[str]:
    """The paths that stand in a space file, each once."""
    return list(dict.fromkeys(match.group() for match in PATH.finditer(text)))


def give(value: Any) -> str:
    """Make an object known in this process.

    Returns:
        Its path.

    Raises:
        InputError: Its source cannot be read, so that no study could keep it.
    """
    path = _path_of(value, source_of(value))
    _objects[path] = value
    return path


def give_again(objects: Iterable[Any], wanted: Iterable[str]) -> None:
    """Make objects known that a study was started with.

    Args:
        wanted: The paths that the study names.

    Raises:
        InputError: The study names none like it, or its source has changed since.
    """
    wanted = list(wanted)
    for value in objects:
        path = give(value)
        if path in wanted:
            continue
        name = name_in(path)
        before = next((one for one in wanted if name_in(one) == name), None)
        if before is None:
            needed = ", ".join(wanted) or "nothing"
            raise InputError(f"the study needs no {name} of a script or a notebook, but {needed}.")
        raise InputError(
            f"{name} has changed since the study was started: its source, with all that it uses "
            f"of its script, made it {before}, and now makes it {path}. Give it as it was, which "
            f"stands in the study's folder, code/{file_name(before)}.py, or start a study of its "
            "own with the changed one."
        )


def take(objects: Mapping[str, Any]) -> None:
    """Make objects known by paths that they have."""
    _objects.update(objects)


def put_stand_in(path: str, value: Any) -> None:
    """Let something stand for an object as long as that is not here."""
    _stand_ins[path] = value


def known(paths: Iterable[str]) -> dict[str, Any]:
    """The objects behind paths, as far as this process knows them; no stand-ins."""
    return {path: value for path in paths if (value := _known(path)) is not None}


def find(path: str, noun: str) -> Any:
    """The object behind a path.

    Args:
        noun: What it is for, in errors.

    Raises:
        InputError: This process was not given it.
    """
    value = _known(path) or _stand_ins.get(path)
    if value is None:
        raise InputError(absent(path, noun))
    return value


def absent(path: str, noun: str = "code") -> str:
    """The text of the error for an object that is not here, with what to pass."""
    name = name_in(path)
    return (
        f"the {noun} {path} was given by a script or a notebook, and is not here. Its source lies "
        f"in the study's folder, code/{file_name(path)}.py. Define {name} like that in the script "
        f"or notebook that needs it, or import it there and open the study with it: "
        f"Study.open(..., code=[{name}])."
    )


def _known(path: str) -> Any:
    """An object that was given, or that stands in the running script with the same source."""
    value = getattr(sys.modules.get("__main__"), name_in(path), None)
    if path not in _objects and isinstance(value, type | FunctionType):
        with suppress(InputError):  # what has no source is another object
            if _path_of(value, source_of(value)) == path:
                _objects[path] = value
    return _objects.get(path)


def name_in(path: str) -> str:
    """The name of the class or function that a path is of."""
    return path.partition(":")[2].rpartition("_")[0]


def file_name(path: str) -> str:
    """What the files are called that keep an object, without their ending."""
    return f"{name_in(path)}-{path.rpartition('_')[2]}"


def _path_of(value: Any, source: str) -> str:
    return f"{HERE}{value.__name__}_{hashlib.sha256(source.encode()).hexdigest()[:8]}"
