"""The files of arrays from memory in a storage: found where it was moved, deleted in time."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rnnsearch.disk import replace_file
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.given_arrays.source import FOLDER

UNUSED_SECONDS = 7 * 24 * 3600.0
"""How long a file stays that no study names: its study may have been made, and not run yet."""

_NAMED = re.compile(rf"{re.escape(FOLDER)}[/\\\\]+([0-9a-f]{{16}}\.npz)")


def forget_unused(storage: Path, written: Path) -> None:
    """Delete files that no study of a storage names, if they are not new.

    Args:
        written: A file that is about to be used, and counts as new.
    """
    os.utime(written)
    folder = storage / FOLDER
    others = [one for one in folder.glob("*.npz") if one.name != written.name]
    old = [one for one in others if _age(one) > UNUSED_SECONDS]
    if old:
        _delete(folder, {one.name for one in old} - _named(storage.glob("*/study.yaml")))


def delete_with_arrays(directory: StudyDirectory) -> None:
    """Delete a study, and the arrays from memory that no other study of the storage names.

    Raises:
        StudyNotFoundError: There is no such study.
        StorageError: A file of the study cannot be removed.
    """
    storage = directory.storage
    own = _named([directory.yaml])
    directory.delete()
    _delete(storage / FOLDER, own - _named(storage.glob("*/study.yaml")))


def keep_arrays(spec: StudySpec, directory: StudyDirectory) -> None:
    """Keep the arrays of a study in an object store in its own folder, which is copied there.

    Raises:
        OSError: The disk refused.
    """
    path = Path(str(spec.values.get("task.path") or ""))
    kept = directory.root / FOLDER / path.name
    if directory.mirror is not None and path.parent.name == FOLDER and not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        replace_file(kept, path.read_bytes())


def moved_arrays(spec: StudySpec, directory: StudyDirectory) -> list[str]:
    """The override that says where a study's arrays lie now, if its storage was moved."""
    path = Path(str(spec.values.get("task.path") or ""))
    if path.parent.name != FOLDER or path.exists():
        return []
    here = [parent / FOLDER / path.name for parent in (directory.storage, directory.root)]
    return [f"task.path={json.dumps(str(one))}" for one in here if one.is_file()][:1]


def _named(files: Iterable[Path]) -> set[str]:
    """The files of arrays that space files name."""
    texts = []
    for file in files:
        with suppress(FileNotFoundError):  # a study that is deleted meanwhile
            texts.append(file.read_text(encoding="utf-8"))
    return {name for text in texts for name in _NAMED.findall(text)}


def _delete(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        with suppress(OSError):  # it stays, and is tried again
            (folder / name).unlink(missing_ok=True)


def _age(file: Path) -> float:
    """Seconds since a file was written or used last; 0 where it is gone."""
    with suppress(FileNotFoundError):
        return time.time() - file.stat().st_mtime
    return 0.0
