"""A package installed for a while: its modules, and the entry points that it offers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rnnsearch import plugins
from rnnsearch.space import fields

_KNOWN = (
    plugins.installed,
    plugins._every_entry,
    fields.all_fields,
    fields.choices,
    fields.every_field,
)
"""What a process remembers of installed packages."""


@contextmanager
def installed(
    folder: Path, modules: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]
) -> Iterator[None]:
    """Write a distribution and have it on the path.

    Args:
        folder: Empty; where it lies, as a folder of site-packages does.
        modules: Texts by file name.
        groups: Entry points, {group: {name: "module:Class"}}.
    """
    for name, text in modules.items():
        (folder / name).write_text(text, encoding="utf-8")
    info = folder / "brought-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{name} = {path}" for name, path in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    sys.path.insert(0, str(folder))
    _forget(modules)
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget(modules)


def _forget(modules: Mapping[str, str]) -> None:
    importlib.invalidate_caches()
    for name in modules:
        sys.modules.pop(Path(name).stem, None)
    for known in _KNOWN:
        known.cache_clear()
