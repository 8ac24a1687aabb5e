"""Code of a user's own: found by its dotted path, and named where it raises."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from rnnsearch.errors import InputError, RnnsearchError

_PACKAGE = Path(__file__).parent

SCRIPTS = ("__main__", "__mp_main__")
"""What Python calls the script that is being run, in this process alone."""


def find_class(path: str, noun: str) -> type:
    """The class behind `package.module:Class`, looked for in the working directory too.

    Args:
        noun: What the class is to be: `task` or `cell`.

    Raises:
        InputError: As for `find_object`, or what stands there is no class.
    """
    found = find_object(path, noun)
    if not isinstance(found, type):
        raise InputError(
            f"{path} is {_kind(found)}, and a {noun} is a class. Name the class itself, not what "
            "makes or wraps it."
        )
    if found.__module__ in SCRIPTS:
        raise InputError(_in_a_script(path, found.__qualname__, noun))
    return found


def find_object(path: str, noun: str) -> Any:
    """What stands at `package.module:Name`, looked for in the working directory too.

    Args:
        noun: What it is to be: `task` or `cell`.

    Raises:
        InputError: There is no such module or name, the module cannot be imported, or it is the
            script that is being run.
    """
    module, _, qualname = path.partition(":")
    if module in SCRIPTS:
        raise InputError(_in_a_script(path, qualname, noun))
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    how = (
        "Write package.module:Class, of a module that Python finds from the working directory or "
        "in the environment."
    )
    try:
        with _apart():
            found: Any = import_module(module)
    except ModuleNotFoundError as error:
        missed = f"{module}.".startswith(f"{error.name}.")
        whose = "" if missed else place_of(error)
        missing = f" ({whose})" if whose else ""
        raise InputError(f"cannot import the {noun} {path}: {error}{missing}. {how}") from error
    except (Exception, SystemExit) as error:
        raise InputError(f"cannot import the {noun} {path}: {blame(error)}") from error
    for name in qualname.split("."):
        if not hasattr(found, name):
            raise InputError(f"cannot import the {noun} {path}: {module} has no {qualname}. {how}")
        found = getattr(found, name)
    return found


@contextmanager
def calling(call: str, kind: type[InputError] = InputError) -> Iterator[None]:
    """Run a user's own code; what it raises becomes words about that code.

    What it prints goes to standard error, and what it asks finds nobody, as in a pack.

    Args:
        call: What is called and with what, such as `MyCell(input_size=1, hidden_size=8)`.
        kind: Of error.

    Raises:
        InputError: It raised; an error of ours in it stays as it is.
    """
    try:
        with _apart():
            yield
    except RnnsearchError:
        raise
    except (Exception, SystemExit) as error:
        raise kind(f"{call} raised {blame(error)}") from error


def blame(error: BaseException) -> str:
    """An error with the line of the user's code that it came from."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"SyntaxError: {error.msg} ({error.filename}:{error.lineno})"
    name = type(error).__name__
    text = str(error).strip()
    said = f"{name}: {text}" if text else name
    if isinstance(error, SystemExit):
        said = f"SystemExit({error.code!r}): it ends the program"
    elif isinstance(error, EOFError):
        said = f"{said}: nobody is there to answer a question"
    place = place_of(error)
    return f"{said} ({place})" if place else said


def place_of(error: BaseException) -> str:
    """The innermost line of the user's code in an error's way: `file.py:12, in batch`; or empty."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_theirs(frame.filename):
            return f"{frame.filename}:{frame.lineno}, in {frame.name}"
    return ""


def _is_theirs(file: str) -> bool:
    if file.startswith("<"):
        return False
    path = Path(file).resolve()
    return not any(path.is_relative_to(folder) for folder in (_PACKAGE, *_libraries()))


@functools.cache
def _libraries() -> tuple[Path, ...]:
    """Where Python and what is installed lie; a checkout that is installed in place is neither."""
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    found = [Path(sysconfig.get_path(name)).resolve() for name in names]
    return tuple(dict.fromkeys(found))


@contextmanager
def _apart() -> Iterator[None]:
    """Keep standard output clean for the result, and answer no question.

    On the main thread alone, for both are the whole process's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = sys.stdin
    with open(os.devnull, encoding="utf-8") as nobody, redirect_stdout(sys.stderr):
        sys.stdin = nobody
        try:
            yield
        finally:
            sys.stdin = before


def _kind(found: Any) -> str:
    if isinstance(found, FunctionType | MethodType):
        return "a lambda" if found.__name__ == "<lambda>" else "a function"
    if isinstance(found, functools.partial):
        return "a functools.partial"
    return f"an object of the class {type(found).__name__}"


def _in_a_script(path: str, qualname: str, noun: str) -> str:
    return (
        f"the {noun} {path} lives in the script that is being run, where no other process and no "
        f"later command finds it. Put the class into a file of its own, such as my_{noun}s.py "
        f"beside the space file, and write my_{noun}s:{qualname}."
    )
