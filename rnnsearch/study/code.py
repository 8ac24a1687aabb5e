"""The code of a study that lives in a script or a notebook: kept as source, and asked for again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rnnsearch.commands import shown
from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError
from rnnsearch.given_code import file_name, give_again, known, name_in, paths_in
from rnnsearch.given_code.kept import Kept, kept, stand_in
from rnnsearch.given_code.source import source_of
from rnnsearch.reading import read_file
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.load import load
from rnnsearch.space.spec import StudySpec

MOST_BYTES = 2**20
"""What the description of one object takes at most."""


def read_spec(
    directory: StudyDirectory, overrides: Sequence[str] = (), code: Iterable[Any] = ()
) -> StudySpec:
    """The contents of a study's space file, without its data.

    Args:
        code: Classes and functions of a script or a notebook that the study was started with.

    Raises:
        InputError: The study names none like one of `code`, or its source has changed.
        SpaceFileError: The file cannot be read.
    """
    descriptions = []
    for path in sorted(directory.code.glob("*.json")):
        try:
            descriptions.append(Kept.from_json(read_file(path, MOST_BYTES).decode()))
        except (OSError, ValueError) as error:
            raise InputError(f"{shown(path)} cannot be read: {error}") from error
    give_again(code, [one.path for one in descriptions])
    for one in descriptions:
        if not known([one.path]):
            stand_in(one)
    return load(directory.yaml, overrides, check_data=False)


def keep_code(directory: StudyDirectory, spec: StudySpec) -> None:
    """Write the source of what a script or a notebook gave into the study's folder.

    Raises:
        InputError: Some of it is not here; the text says what to pass.
    """
    paths = paths_in(spec.yaml)
    if not paths:
        return
    objects = known(paths)
    missing = [path for path in paths if path not in objects]
    if missing:
        names = [name_in(path) for path in missing]
        sources = ", ".join(shown(directory.code / f"{file_name(path)}.py") for path in missing)
        raise InputError(
            f"the study {directory.name} was started from a script or a notebook, with "
            f"{', '.join(missing)}, which no command finds. Define {', '.join(names)} there as in "
            f"{sources}, and go on with it from there:\n"
            f"  Study.open({directory.name!r}, storage={str(directory.storage)!r}, "
            f"code=[{', '.join(names)}]).run()"
        )
    directory.code.mkdir(exist_ok=True)
    for path, value in objects.items():
        file = directory.code / f"{file_name(path)}.json"
        if not file.exists():
            replace_file(file.with_suffix(".py"), source_of(value))
            replace_file(file, kept(path).to_json())


def check_nameable(spec: StudySpec) -> None:
    """Refuse to make a file of a study that no file can name the code of.

    Raises:
        InputError: Some of it lives in a script or a notebook.
    """
    if paths := paths_in(spec.yaml):
        names = ", ".join(name_in(path) for path in paths)
        raise InputError(
            f"no file can name {names}, which the running script or notebook defines. Put it into "
            f"a file of its own, say my_code.py, import it from there, `from my_code import "
            f"{names}`, and make the study again."
        )
