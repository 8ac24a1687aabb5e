"""Command lines of rnnsearch as they are printed: each can be pasted into the same shell."""

from __future__ import annotations

import shlex
from pathlib import Path

from rnnsearch.cached_store import address_of
from rnnsearch.redaction import has_secret

DEFAULT_STORAGE = Path("studies")
"""The storage folder of every command that is given no `--storage`."""


def command(
    verb: str, *words: object, storage: Path | None = None, tracking_uri: str | None = None
) -> str:
    """A command line with its words quoted, and with the options that it needs to work as printed.

    Args:
        words: Arguments and options in their order; paths are written relative to the working
            directory. A word behind `--` is taken for no option, whatever it begins with.
        storage: The storage folder, which is written where it is not the default one.
        tracking_uri: The MLflow store, if the person named one. An address with a password is left
            out: MLflow takes it from `MLFLOW_TRACKING_URI` as well.
    """
    before, after = list(words), []
    if "--" in before:
        cut = before.index("--")
        before, after = before[:cut], before[cut:]
    options: list[object] = []
    if storage is not None and Path(storage).absolute() != DEFAULT_STORAGE.absolute():
        options += ["--storage", address_of(Path(storage)) or storage]
    if tracking_uri is not None and not has_secret(tracking_uri):
        options += ["--tracking-uri", tracking_uri]
    every = ["rnnsearch", verb, *before, *options, *after]
    return " ".join(
        shlex.quote(shown(word) if isinstance(word, Path) else str(word)) for word in every
    )


def shown(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the working directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
