"""Code that is run as a script or a cell of a notebook is: in `__main__`, with its source known."""

from __future__ import annotations

import itertools
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_numbers = itertools.count()


@contextmanager
def run_cell(text: str) -> Iterator[dict[str, Any]]:
    """A context in which `__main__` has what a cell defines, and no longer afterwards."""
    name = f"/tmp/ipykernel/{next(_numbers)}.py"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = sys.modules["__main__"].__dict__
    before = dict(module)
    try:
        exec(compile(text, name, "exec", dont_inherit=True), module)
        yield module
    finally:
        module.clear()
        module.update(before)
        del linecache.cache[name]
