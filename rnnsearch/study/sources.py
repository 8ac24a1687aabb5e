"""The source of the modules that a person brought: which they are, and copies of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from rnnsearch.custom_code import SCRIPTS, is_custom_file
from rnnsearch.disk import replace_file
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.spec import StudySpec

_PATH = re.compile(r"\b([A-Za-z_][\w.]*):[A-Za-z_]\w*")
"""How a space file names custom code, `package.module:Class`."""


def sources(spec: StudySpec) -> dict[str, str]:
    """The source of the modules that a space file names and of those beside them that these use.

    Call it once the space and its data were read, which imports them. What a script or a notebook
    gave is none of them: its path has the hash of its source.

    Returns:
        The texts by the names of the modules; installed packages are left out, whose versions are
        known.
    """
    texts: dict[str, str] = {}
    for name in dict.fromkeys(_PATH.findall(spec.yaml)):
        module = sys.modules.get(name)
        file = None if module is None else _file(module)
        if module is not None and file is not None and name not in SCRIPTS:
            _gather(module, file.parents[name.count(".")], texts)
    return texts


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 by the names of the modules."""
    return {name: sha256(text.encode()).hexdigest() for name, text in sorted(texts.items())}


def keep_sources(directory: StudyDirectory, texts: Mapping[str, str]) -> None:
    """Write the sources into the study's folder, each version of one into a file of its own."""
    if not texts:
        return
    directory.modules.mkdir(parents=True, exist_ok=True)
    for name, digest in digests(texts).items():
        file = kept_source(directory, name, digest)
        if not file.exists():
            replace_file(file, texts[name])


def kept_source(directory: StudyDirectory, name: str, digest: str) -> Path:
    """Where a version of a module is kept."""
    return directory.modules / f"{name}-{digest[:8]}.py"


def _gather(module: ModuleType, folder: Path, texts: dict[str, str]) -> None:
    """Add the source of a module, and of all in a folder that it uses, by their names."""
    file = _file(module)
    if module.__name__ in texts or file is None or not file.is_relative_to(folder):
        return
    texts[module.__name__] = file.read_text(encoding="utf-8", errors="backslashreplace")
    for value in list(vars(module).values()):
        used = value if isinstance(value, ModuleType) else _home(value)
        if used is not None:
            _gather(used, folder, texts)


def _home(value: object) -> ModuleType | None:
    """The module in which a class or function stands."""
    name = getattr(value, "__module__", None)
    return sys.modules.get(name) if isinstance(name, str) else None


def _file(module: ModuleType) -> Path | None:
    """The source file of a module that a person brought; None of any other."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py") or not is_custom_file(file):
        return None
    path = Path(file).resolve()
    return path if path.is_file() else None
