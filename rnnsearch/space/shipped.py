"""The space files that lie in the package, the examples of `rnnsearch init --example`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SHIPPED = Path(str(files("rnnsearch") / "search_spaces"))
"""The folder of that name in a checkout; it is built into a wheel."""


def names() -> list[str]:
    """The examples, in alphabetical order."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))
