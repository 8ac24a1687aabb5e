"""Where a text comes from: a file, an installed module's source, or the config itself."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.machinery import PathFinder
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.encoding import without_mark
from rnnsearch.tasks.files.opened import FROM_SPACE, read_data
from rnnsearch.tasks.given import part_files
from rnnsearch.tasks.text.config import TextConfig

MODULE_PREFIX = "python:"
"""What a `path` begins with that names an installed module instead of a file."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole text, or the part of it that has a file of its own.

    Attributes:
        where: The file, or the key of the space file, for messages.
        plain: The text in UTF-8, or any bytes where these are the symbols.
        symbols: How many characters or bytes it has.
        mark: The encoding that a byte order mark names; empty without one.
        digest: SHA-256 of the raw bytes.
    """

    where: str
    plain: bytes
    symbols: int
    mark: str
    digest: str


def read_pieces(config: TextConfig) -> dict[Part, Piece]:
    """The text that a config means, by part where parts have files, else all under `train`.

    Raises:
        DataError: There is no such file or module, it cannot be read, is empty, or is not UTF-8
            where the symbols are characters.
    """
    if config.text is not None:
        if not config.text:
            raise DataError("task.text is empty; give at least two characters.")
        raw = config.text.encode("utf-8", "surrogatepass")
        return {"train": _piece(config, "task.text", raw, marked=False)}
    places = {part: locate(str(path)) for part, path in part_files(config).items()}
    return {
        part: _piece(config, str(place), read_data(place, FROM_SPACE))
        for part, place in places.items()
    }


def _piece(config: TextConfig, where: str, raw: bytes, *, marked: bool = True) -> Piece:
    """A text that was read; see `read_pieces`.

    Args:
        marked: Whether a byte order mark may begin it.
    """
    try:
        plain, mark = without_mark(raw) if marked else (raw, "")
        symbols = len(plain.decode("utf-8")) if config.unit == "char" else len(plain)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} is not {error.encoding.upper()}: byte 0x{error.object[error.start]:02X} "
            f"at offset {error.start} ({error.reason}). Save it as UTF-8, or read it as bytes "
            "with `unit: byte`."
        ) from error
    return Piece(where, plain, symbols, mark, sha256(raw).hexdigest())


def locate(named: str) -> Path:
    """The file that a path of the space file means, which may be the source of a module.

    Raises:
        DataError: There is no such module, or it has no Python source.
    """
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
