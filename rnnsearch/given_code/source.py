"""The source of a class or function of the running script or notebook."""

from __future__ import annotations

import ast
import dis
import inspect
import linecache
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from rnnsearch.errors import InputError


def source_of(value: Any) -> str:
    """The source of a class or function, behind that of all it uses of the same script.

    Raises:
        InputError: Python does not know it, as of what was typed at a prompt.
    """
    texts: dict[str, str] = {}
    _gather(value, texts)
    return "\n\n".join(texts.values())


def _gather(value: Any, texts: dict[str, str]) -> None:
    """Add the source of an object to those of the names that it uses, which come first."""
    name = value.__name__
    texts[name] = ""  # so that what uses itself ends
    needed: dict[str, Any] = {}
    if isinstance(value, type):
        needed = {base.__name__: base for base in value.__mro__[1:] if _is_here(base)}
    for function in _functions(value):
        for used in _globals_of(function.__code__):
            inner = function.__globals__.get(used)
            if _is_here(inner) or isinstance(inner, bool | int | float | str):
                needed[used] = inner
    for used, inner in needed.items():
        if used in texts or used.startswith("__"):
            continue
        if _is_here(inner):
            _gather(inner, texts)
        else:
            texts[used] = f"{used} = {inner!r}\n"
    del texts[name]
    texts[name] = _own_source(value)


def _is_here(value: Any) -> bool:
    """Whether something is a class or function of the running script."""
    kinds = isinstance(value, type | FunctionType)
    return kinds and getattr(value, "__module__", "") == "__main__"


def _globals_of(code: CodeType) -> Iterator[str]:
    """The names that a function looks up outside of itself."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


def _own_source(value: Any) -> str:
    """The source of a class or function, from its first decorator on."""
    # Of a class in a notebook `inspect` does not know the file, its methods do.
    for code in (function.__code__ for function in _functions(value)):
        text = "".join(linecache.getlines(code.co_filename))
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            if node.name != value.__name__:
                continue
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            last = node.end_lineno or first
            if first <= code.co_firstlineno <= last:
                lines = text.splitlines()[first - 1 : last]
                return textwrap.dedent("\n".join(lines)) + "\n"
    try:
        return textwrap.dedent(inspect.getsource(value))  # a class of a script without any method
    except (OSError, TypeError) as error:
        raise InputError(
            f"the source of {value.__name__} cannot be read, and a study keeps it. Define it with "
            "`class`, with a method, or `def` in a script, a cell of a notebook, or a file of its "
            "own."
        ) from error


def _functions(value: Any) -> list[FunctionType]:
    """A function, or the methods of a class."""
    members = list(vars(value).values()) if isinstance(value, type) else [value]
    plain = [getattr(one, "__func__", getattr(one, "fget", one)) for one in members]
    inner = [inspect.unwrap(one) for one in plain if callable(one)]
    return [one for one in inner if isinstance(one, FunctionType)]
