"""The code that a registered model carries, so that it answers where rnnsearch is not installed.

This is rnnsearch itself, as one file that Python imports from, and the modules of a person's own
task, cell or network with what they import from beside them.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import sysconfig
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.disk import copy_file, writing
from rnnsearch.given_code import is_given
from rnnsearch.tasks.custom.find import GROUP
from rnnsearch.training.codec import custom_paths

ARCHIVE = "rnnsearch.zip"
"""The file below the model's folder `code` that rnnsearch is imported from: one file, since a
server takes hundreds of small ones one by one."""

_PACKAGE = Path(__file__).parents[2]
_ABOVE_MODELS = (
    *("cli", "export", "guide", "records", "report"),
    *("search", "search_spaces", "space", "study", "testing"),
)
"""The rooms that no model needs: those above `training`."""

_PACKAGES = ("mlflow", "numpy", "pandas", "pyarrow", "pydantic", "safetensors", "torch")
"""What a model imports when it answers."""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive, so that equal code gives equal bytes."""


def write_archive(path: Path) -> None:
    """Write the modules of rnnsearch that a model needs, without caches and pictures."""
    modules = sorted(
        file
        for file in _PACKAGE.rglob("*.py")
        if file.relative_to(_PACKAGE).parts[0] not in _ABOVE_MODELS
    )
    with writing(path), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in modules:
            name = file.relative_to(_PACKAGE.parent).as_posix()
            archive.writestr(
                zipfile.ZipInfo(name, _LONG_AGO), file.read_bytes(), zipfile.ZIP_DEFLATED
            )


def write_code(folder: Path, configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the code that a model needs into a folder, which is empty or not there.

    Args:
        configs: Those in a checkpoint's `config.json`: `training.members.stored_configs`.

    Returns:
        What lies in the folder, as MLflow's `code_paths`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_archive(folder / ARCHIVE)
    for module in _own_modules(configs):
        origin = _origin(module)
        if origin is None or _is_installed(origin) or origin.is_relative_to(_PACKAGE):
            continue
        depth = module.count(".") + (origin.name == "__init__.py")
        root = origin.parents[depth]
        for file in sorted(_with_imports(origin, root)):
            target = folder / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_file(file, target)
    return [str(path) for path in sorted(folder.iterdir())]


def requirements(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The packages that a model needs, each in the version that is here.

    A local part, as in `2.13.0+cpu`, is left out: whoever rebuilds the environment says where torch
    comes from, and any build of that version will do.
    """
    own = [
        name
        for module in _own_modules(configs)
        if (origin := _origin(module)) is not None and _is_installed(origin)
        for name in importlib.metadata.packages_distributions().get(module.partition(".")[0], ())
    ]
    names = sorted({*_PACKAGES, *own})
    return [f"{name}=={importlib.metadata.version(name).partition('+')[0]}" for name in names]


def _own_modules(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The modules in which the classes lie that a person brought."""
    from rnnsearch.plugins import installed

    modules = []
    for name in dict.fromkeys(path for one in configs for _, path in custom_paths(one)):
        entry = installed(GROUP).get(name)
        path = name if entry is None else entry.value
        # The source of a class of a script lacks what the script imports: it cannot be carried.
        if not is_given(path):
            modules.append(path.partition(":")[0])
    return list(dict.fromkeys(modules))


def _origin(module: str) -> Path | None:
    """The source file of a module; None where it has none, or is not found."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def _is_installed(origin: Path) -> bool:
    """Whether a source file came with a package that pip installed, or with Python."""
    libraries = ("stdlib", "platstdlib", "purelib", "platlib")
    return any(origin.is_relative_to(sysconfig.get_path(name)) for name in libraries)


def _with_imports(first: Path, root: Path) -> set[Path]:
    """A source file, and what it imports from below `root`, with the packages that that lies in."""
    files: set[Path] = set()
    waiting = [first]
    while waiting:
        file = waiting.pop()
        if file in files or not file.is_file() or file.is_relative_to(_PACKAGE):
            continue
        files.add(file)
        inside = file.relative_to(root).parts[:-1]
        waiting += [root.joinpath(*inside[:n], "__init__.py") for n in range(1, len(inside) + 1)]
        for parts in _imported(file, root):
            place = root.joinpath(*parts)
            waiting += [place.with_suffix(".py"), place / "__init__.py"]
    return files


def _imported(file: Path, root: Path) -> Iterator[tuple[str, ...]]:
    """The modules that a source file may import, as the parts of their names."""
    package = file.parent.relative_to(root).parts
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield tuple(name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            whole = (*above, *filter(None, (node.module or "").split(".")))
            yield from ((*whole, name.name) for name in node.names)
            if whole:
                yield whole
