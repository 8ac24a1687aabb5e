"""Where a text comes from: a file, an installed module's source, or the config itself."""

from __future__ import annotations

from importlib.machinery import PathFinder
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.opened import FROM_SPACE, read_data
from rnnsearch.tasks.text.config import TextConfig

MODULE_PREFIX = "python:"
"""What a `path` begins with that names an installed module instead of a file."""


def read_bytes(config: TextConfig) -> bytes:
    """The raw bytes of a text.

    Raises:
        DataError: There is no such file or module, it cannot be read, or it is empty.
    """
    if config.text is not None:
        if not config.text:
            raise DataError("task.text is empty; give at least two characters.")
        return config.text.encode("utf-8", "surrogatepass")
    return read_data(locate(config), FROM_SPACE)


def locate(config: TextConfig) -> Path:
    """The file that `task.path` means, which may be the source of a module.

    Raises:
        DataError: There is no such module, or it has no Python source.
    """
    named = config.path or ""
    if named.startswith(MODULE_PREFIX):
        return module_source(named.removeprefix(MODULE_PREFIX))
    return Path(named)


def module_source(module: str) -> Path:
    """The source file of an installed module, found without importing it or its packages.

    Raises:
        DataError: No such module is installed, or it has no Python source.
    """
    places: list[str] | None = None
    spec = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        spec = PathFinder.find_spec(name, places)
        if spec is None:
            raise DataError(
                f"no module {name!r} with a source file is installed in this Python; "
                f"task.path is {MODULE_PREFIX}{module}."
            )
        places = list(spec.submodule_search_locations or ())
    origin = spec.origin if spec is not None else None
    if origin is None or not origin.endswith(".py"):
        raise DataError(f"the module {module!r} has no Python source file to read as a text.")
    return Path(origin)
