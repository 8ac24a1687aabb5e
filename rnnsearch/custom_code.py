"""Custom code, which people bring: found by its dotted path, and named where it raises."""

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
from rnnsearch.given_code import find, is_given

_PACKAGE = Path(__file__).parent

SCRIPTS = ("__main__", "__mp_main__")
"""Names that Python gives to the module of a running script, in this process alone."""


def find_class(path: str, noun: str) -> type:
    """Import the class at `package.module:Class`.

    Args:
        path: Where it is; the working directory is looked through too.
        noun: What the class is for, in errors: `task` or `cell`.

    Raises:
        InputError: As for `find_object`, or what stands there is no class.
    """
    cls = find_object(path, noun)
    if not isinstance(cls, type):
        raise InputError(
            f"{path} is {_kind(cls)}, and a {noun} is a class. Name the class itself, not what "
            "makes or wraps it."
        )
    if cls.__module__ in SCRIPTS and not is_given(path):
        raise InputError(_in_a_script(path, cls.__qualname__, noun))
    return cls


def find_object(path: str, noun: str, kind: str = "Class") -> Any:
    """Import what stands at `package.module:Name`.

    Args:
        path: Where it is; the working directory is looked through too.
        noun: What it is for, in errors: `task` or `cell`.
        kind: What stands behind the colon, in errors.

    Raises:
        InputError: There is no such module or name, the module cannot be imported, or it is the
            script that is being run.
    """
    if is_given(path):
        return find(path, noun)
    module, _, qualname = path.partition(":")
    if module in SCRIPTS:
        raise InputError(_in_a_script(path, qualname, noun))
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    how = (
        f"Write package.module:{kind}, of a module that Python finds from the working directory or "
        "in the environment."
    )
    try:
        with _apart():
            target: Any = import_module(module)
    except ModuleNotFoundError as error:
        missed = f"{module}.".startswith(f"{error.name}.")
        whose = "" if missed else place_of(error)
        missing = f" ({whose})" if whose else ""
        raise InputError(f"cannot import the {noun} {path}: {error}{missing}. {how}") from error
    except (Exception, SystemExit) as error:
        raise InputError(f"cannot import the {noun} {path}: {blame(error)}") from error
    for name in qualname.split("."):
        if not hasattr(target, name):
            raise InputError(f"cannot import the {noun} {path}: {module} has no {qualname}. {how}")
        target = getattr(target, name)
    return target


@contextmanager
def calling(call: str, kind: type[InputError] = InputError) -> Iterator[None]:
    """Run custom code, so that an error in it names the call and the line of that code.

    What the code prints goes to standard error, and what it reads from standard input is empty, as
    in the process of a pack.

    Args:
        call: What is called and with what, such as `MyCell(input_size=1, hidden_size=8)`.
        kind: The error that is raised instead of the code's own.

    Raises:
        InputError: The code raised. An error of rnnsearch's that it raises stays as it is.
    """
    try:
        with _apart():
            yield
    except RnnsearchError:
        raise
    except (Exception, SystemExit) as error:
        raise kind(f"{call} raised {blame(error)}") from error


def blame(error: BaseException) -> str:
    """An error as text, with the line of the custom code that it came from."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"SyntaxError: {error.msg} ({error.filename}:{error.lineno})"
    name = type(error).__name__
    text = str(error).strip()
    reason = f"{name}: {text}" if text else name
    if isinstance(error, SystemExit):
        reason = f"SystemExit({error.code!r}): it ends the program"
    elif isinstance(error, EOFError):
        reason = f"{reason}: nobody is there to answer a question"
    place = place_of(error)
    return f"{reason} ({place})" if place else reason


def shown_traceback(error: BaseException) -> str:
    """The traceback of an error from the first line of custom code on, as Python prints it, with
    those of the errors that it came from."""
    shown = traceback.TracebackException.from_exception(error)
    chain = [shown]
    for one in chain:
        first = next(
            (at for at, frame in enumerate(one.stack) if is_custom_file(frame.filename)), 0
        )
        del one.stack[:first]
        chain += [before for before in (one.__cause__, one.__context__) if before is not None]
    return "".join(shown.format()).rstrip()


def place_of(error: BaseException) -> str:
    """The innermost line of custom code in a traceback, `file.py:12, in batch`; or empty."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return next((place for frame in frames if (place := custom_place(frame))), "")


def custom_place(frame: traceback.FrameSummary) -> str:
    """A line of custom code, `file.py:12, in batch`; empty of other code."""
    if not is_custom_file(frame.filename):
        return ""
    return f"{frame.filename}:{frame.lineno}, in {frame.name}"


def is_custom_file(file: str) -> bool:
    """Whether a source file is neither of rnnsearch nor of Python's installed packages."""
    if file.startswith("<"):
        return False
    path = Path(file).resolve()
    return not any(path.is_relative_to(folder) for folder in (_PACKAGE, *_libraries()))


@functools.cache
def _libraries() -> tuple[Path, ...]:
    """The folders of Python and of installed packages.

    A checkout that is installed in place lies in none of them, so its code counts as custom.
    """
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    folders = [Path(sysconfig.get_path(name)).resolve() for name in names]
    return tuple(dict.fromkeys(folders))


@contextmanager
def _apart() -> Iterator[None]:
    """Send what is printed to standard error, and give what is read nothing.

    Standard output is for a command's result. Both streams are the whole process's, so that they
    are changed on the main thread alone.
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


def _kind(value: Any) -> str:
    """What an object is that is no class, in words."""
    if isinstance(value, FunctionType | MethodType):
        return "a lambda" if value.__name__ == "<lambda>" else "a function"
    if isinstance(value, functools.partial):
        return "a functools.partial"
    return f"an object of the class {type(value).__name__}"


def _in_a_script(path: str, qualname: str, noun: str) -> str:
    return (
        f"the {noun} {path} lives in the script that is being run, where no other process and no "
        f"later command finds it. Put the class into a file of its own, such as my_{noun}s.py "
        f"beside the space file, and write my_{noun}s:{qualname}."
    )
