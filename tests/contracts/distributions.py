"""A package installed for the time of a test: its modules and the entry points that it offers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rnnsearch import plugins


def install(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    modules: Mapping[str, str],
    groups: Mapping[str, Mapping[str, str]],
) -> None:
    """Write a distribution and put it on the path.

    Args:
        folder: Empty; where it lies, as a folder of site-packages does.
        modules: Texts by file name.
        groups: Entry points, {group: {name: "module:Class"}}.
    """
    for name, text in modules.items():
        (folder / name).write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, Path(name).stem, raising=False)
    info = folder / "brought-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{name} = {path}" for name, path in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    plugins.installed.cache_clear()
    plugins._every_entry.cache_clear()
