"""Our own commands as they are printed: each can be pasted into the shell that we run in."""

from __future__ import annotations

import shlex
from pathlib import Path

from rnnsearch.redaction import has_secret

DEFAULT_STORAGE = Path("studies")
"""Of every command; the option that names it may be left out."""


def command(
    verb: str, *words: object, storage: Path | None = None, tracking_uri: str | None = None
) -> str:
    """A command line with its words quoted and with the options that it would not work without.

    Args:
        words: Arguments and options in their order; paths are written as from here. A word behind
            `--` is taken for no option, whatever it begins with.
        storage: Written where it is not the default one.
        tracking_uri: Where it was named. One with a password is not repeated: MLflow takes it
            from `MLFLOW_TRACKING_URI` too.
    """
    before, after = list(words), []
    if "--" in before:
        cut = before.index("--")
        before, after = before[:cut], before[cut:]
    options: list[object] = []
    if storage is not None and Path(storage).absolute() != DEFAULT_STORAGE.absolute():
        options += ["--storage", storage]
    if tracking_uri is not None and not has_secret(tracking_uri):
        options += ["--tracking-uri", tracking_uri]
    every = ["rnnsearch", verb, *before, *options, *after]
    return " ".join(
        shlex.quote(shown(word) if isinstance(word, Path) else str(word)) for word in every
    )


def shown(path: Path) -> str:
    """A path as a person would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
